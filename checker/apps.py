from django.apps import AppConfig


class CheckerConfig(AppConfig):
    name = "checker"
    verbose_name = "What we ask"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from conditions import editions

        from .knowledge import warm

        editions.installed.connect(warm, dispatch_uid="checker.knowledge.warm")
