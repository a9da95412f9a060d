"""The four methods of HTTP that Podio knows, each as a method of its own.

https://developers.podio.com/index/api
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from podio_web.http.retry import Retry


class Verbs:
    """``get``, ``post``, ``put`` and ``delete`` for a client that has ``request``; errors are those of ``request``."""

    if TYPE_CHECKING:

        async def request(
            self,
            method: str,
            path: str,
            data: "Any" = None,
            *,
            params: "Mapping[str, Any] | None" = None,
            form: bool = False,
            basic_auth: bool = False,
            timeout: "float | None" = None,
            retry: "Retry | bool | None" = True,
            safe: "bool | None" = None,
        ) -> "Any":
            """Call one operation of the API; the client says how."""

    async def get(
        self,
        path: str,
        data: "Mapping[str, Any] | None" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        timeout: "float | None" = None,
        retry: "Retry | bool | None" = True,
    ) -> "Any":
        """Read: ``request("GET", …)``.

        >>> me = await podio.get("/user/status")
        """
        return await self.request("GET", path, data, params=params, timeout=timeout, retry=retry)

    async def post(
        self,
        path: str,
        data: "Any" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        form: bool = False,
        timeout: "float | None" = None,
        retry: "Retry | bool | None" = True,
        safe: "bool | None" = None,
    ) -> "Any":
        """Create or ask: ``request("POST", …)``.

        >>> await podio.post("/comment/item/4/", {"value": "Done"})
        """
        return await self.request("POST", path, data, params=params, form=form, timeout=timeout, retry=retry, safe=safe)

    async def put(
        self,
        path: str,
        data: "Any" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        form: bool = False,
        timeout: "float | None" = None,
        retry: "Retry | bool | None" = True,
        safe: "bool | None" = None,
    ) -> "Any":
        """Change: ``request("PUT", …)``.

        >>> await podio.put("/item/4", {"fields": {"title": "New"}})
        """
        return await self.request("PUT", path, data, params=params, form=form, timeout=timeout, retry=retry, safe=safe)

    async def delete(
        self,
        path: str,
        data: "Mapping[str, Any] | None" = None,
        *,
        params: "Mapping[str, Any] | None" = None,
        timeout: "float | None" = None,
        retry: "Retry | bool | None" = True,
    ) -> "Any":
        """Delete: ``request("DELETE", …)``.

        >>> await podio.delete("/item/4")
        """
        return await self.request("DELETE", path, data, params=params, timeout=timeout, retry=retry)
