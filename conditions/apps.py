from django.apps import AppConfig


class ConditionsConfig(AppConfig):
    name = "conditions"
    verbose_name = "What we know"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import editions, ready
        from .templatetags import once

        editions.installed.connect(ready.empty, dispatch_uid="conditions.ready.empty")
        editions.installed.connect(once.forget, dispatch_uid="conditions.once.forget")
