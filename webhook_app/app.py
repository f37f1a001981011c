"""The application factory."""

from __future__ import annotations

from flask import Blueprint, Flask

from infra.services import Services
from webhook_app import routes


def create_app(services: Services, *blueprints: Blueprint) -> Flask:
    """The Flask app: webhooks, and whatever blueprints this process serves beside them."""
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(routes.blueprint(services))
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app
