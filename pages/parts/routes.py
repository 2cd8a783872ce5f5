"""Every route of our own, beside Streamlit's. A route that is not in this list is not served."""

from __future__ import annotations

from pages.parts import download_routes, image_routes, map_routes, model_routes, upload_routes
from pages.parts.axes import routes as axes_routes
from pages.parts.paper import routes as paper_routes
from pages.parts.review import routes as review_routes

ROUTES = [
    *image_routes.ROUTES,
    *upload_routes.ROUTES,
    *download_routes.ROUTES,
    *map_routes.ROUTES,
    *review_routes.ROUTES,
    *axes_routes.ROUTES,
    *model_routes.ROUTES,
    *paper_routes.ROUTES,
]
