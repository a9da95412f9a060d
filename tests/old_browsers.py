"""The oldest browsers that docs/browsers.md names, and what later ones brought: to take it away, and to look for it."""

import json
import re

CHROMIUM, FIREFOX, SAFARI = "Chromium", "Firefox", "Safari"

OLDEST = {CHROMIUM: 109, FIREFOX: 115, SAFARI: 16.4}
"""The oldest versions that MicroPython and the script tag support."""

NEVER = 1000.0
"""The version of a browser that does not have a feature yet."""

_ITERATOR_HELPERS = "drop every filter find flatMap forEach map reduce some take toArray"

FEATURES: dict[str, tuple[float, float, float]] = {
    "AbortSignal.any": (116, 124, 17.4),
    "Array.fromAsync": (121, 115, 16.4),
    "Array.prototype.toReversed": (110, 115, 16),
    "Array.prototype.toSorted": (110, 115, 16),
    "Array.prototype.toSpliced": (110, 115, 16),
    "Array.prototype.with": (110, 115, 16),
    "ArrayBuffer.prototype.detached": (114, 122, 17.4),
    "ArrayBuffer.prototype.maxByteLength": (111, 128, 16.4),
    "ArrayBuffer.prototype.resizable": (111, 128, 16.4),
    "ArrayBuffer.prototype.resize": (111, 128, 16.4),
    "ArrayBuffer.prototype.transfer": (114, 122, 17.4),
    "ArrayBuffer.prototype.transferToFixedLength": (114, 122, 17.4),
    "AsyncDisposableStack": (134, 141, 27.3),
    "Blob.prototype.bytes": (144, 128, 18),
    "DisposableStack": (134, 141, 27.3),
    "Document.prototype.startViewTransition": (111, 144, 18),
    "Element.prototype.checkVisibility": (105, 106, 17.4),
    "Element.prototype.setHTML": (146, 148, NEVER),
    "Element.prototype.setHTMLUnsafe": (124, 123, 26),
    "Error.captureStackTrace": (3, 138, 17.2),
    "Error.isError": (134, 138, 18.4),
    "Float16Array": (135, 129, 18.2),
    "HTMLElement.prototype.showPopover": (114, 125, 17),
    "HTMLScriptElement.prototype.fetchPriority": (102, 132, 17.2),
    "Headers.prototype.getSetCookie": (113, 112, 17),
    **{f"Iterator.prototype.{name}": (122, 131, 18.4) for name in _ITERATOR_HELPERS.split()},
    "Iterator": (122, 131, 18.4),
    "JSON.rawJSON": (114, 135, 18.4),
    "Location.prototype.ancestorOrigins": (20, 148, 6),
    "Map.groupBy": (117, 119, 17.4),
    "Map.prototype.getOrInsert": (145, 144, 26.2),
    "Map.prototype.getOrInsertComputed": (145, 144, 26.2),
    "Math.sumPrecise": (147, 137, 26.2),
    "Navigator.prototype.userActivation": (72, 120, 16.4),
    "Object.groupBy": (117, 119, 17.4),
    "Promise.try": (128, 134, 18.2),
    "Promise.withResolvers": (119, 121, 17.4),
    "ReadableStream.from": (NEVER, 117, 27),
    "ReadableStream.prototype.values": (124, 110, 27),
    "RegExp.escape": (136, 134, 18.2),
    "Request.prototype.bytes": (132, 128, 18),
    "Response.json": (105, 115, 17),
    "Response.prototype.bytes": (132, 128, 18),
    "Set.prototype.difference": (122, 127, 17),
    "Set.prototype.intersection": (122, 127, 17),
    "Set.prototype.isDisjointFrom": (122, 127, 17),
    "Set.prototype.isSubsetOf": (122, 127, 17),
    "Set.prototype.isSupersetOf": (122, 127, 17),
    "Set.prototype.symmetricDifference": (122, 127, 17),
    "Set.prototype.union": (122, 127, 17),
    "SharedArrayBuffer.prototype.grow": (111, 128, 16.4),
    "String.prototype.isWellFormed": (111, 119, 16.4),
    "String.prototype.toWellFormed": (111, 119, 16.4),
    "SuppressedError": (134, 141, 27.3),
    "URL.canParse": (120, 115, 17),
    "URL.parse": (126, 126, 18),
    "URLSearchParams.prototype.size": (113, 112, 17),
    "Uint8Array.fromBase64": (140, 133, 18.2),
    "Uint8Array.fromHex": (140, 133, 18.2),
    "Uint8Array.prototype.toBase64": (140, 133, 18.2),
    "Uint8Array.prototype.toHex": (140, 133, 18.2),
    "WebAssembly.JSTag": (115, 131, 18.4),
    "WebAssembly.Suspending": (137, 153, 27),
    "WebAssembly.promising": (137, 153, 27),
    "cookieStore": (87, 140, 18.4),
    "navigation": (102, 147, 26.2),
    "requestIdleCallback": (47, 55, NEVER),
    "scheduler": (94, 142, NEVER),
    "trustedTypes": (83, 148, 26),
}
"""Each with the versions that brought it to Chromium, Firefox and Safari.

https://github.com/mdn/browser-compat-data, 8.1.9
"""

# Python has the same names, or these are words of everyday.
_ONLY_WITH_OWNER = re.compile(r"[a-z]+|flatMap|forEach|Iterator")


def lacking(browser: str) -> list[str]:
    """Return the features that the oldest supported version of a browser does not have.

    >>> "Promise.withResolvers" in lacking("Firefox")
    True
    """
    column = list(OLDEST).index(browser)
    return [name for name, versions in FEATURES.items() if versions[column] > OLDEST[browser]]


def without(features: list[str]) -> str:
    """Return JavaScript that takes features away before a page's own scripts run, and reports what it cannot."""
    return f"""for (const path of {json.dumps(features)}) {{
        const names = path.split("."), last = names.pop();
        const owner = names.reduce((found, name) => found?.[name], globalThis);
        for (let at = owner; at; at = Object.getPrototypeOf(at)) Reflect.deleteProperty(at, last);
        if (owner && last in owner) console.error(`${{path}} is still there`);
    }}"""


def uses(feature: str, source: str) -> bool:
    """Tell whether a source uses a feature.

    >>> uses("Promise.try", "await Promise.try(act)")
    True
    """
    owner, _, name = feature.replace(".prototype", "").rpartition(".")
    if _ONLY_WITH_OWNER.fullmatch(name):
        owners = owner or r"(?:globalThis|js|self|window)"
        return re.search(rf"\b{owners}\.{name}\b", source) is not None
    return re.search(rf"\b{name}\b", source) is not None
