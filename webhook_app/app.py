"""The application factory."""

from __future__ import annotations

from flask import Blueprint, Flask

from infra.services import Services
from webhook_app import admin, auth, routes


def create_app(services: Services, *blueprints: Blueprint) -> Flask:
    """The Flask app: webhooks, the install flow, the admin endpoints, and whatever blueprints come beside."""
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(routes.blueprint(services))
    app.register_blueprint(auth.blueprint(services))
    app.register_blueprint(admin.blueprint(services))
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app
