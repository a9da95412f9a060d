"""The example under ASGI: ``python asgi.py``, or ``uvicorn asgi:application``."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

application = get_asgi_application()

if __name__ == "__main__":
    import uvicorn
    from django.conf import settings

    uvicorn.run(application, host="localhost", port=settings.PORT, lifespan="off")
