// PyScript for a page without 'unsafe-eval' in its policy: <script type="module" src="./podio-web/pyscript.mjs"></script>
//
// PyScript has a hook that makes a function from text. The hook is for workers, but it also runs on a page without them.
import { hooks } from "./pyscript/core.js"; // podio-web build puts the address of its own copy here

hooks.worker.onBeforeRunAsync.clear();
