from django.apps import AppConfig


class ConditionsConfig(AppConfig):
    name = "conditions"
    verbose_name = "What we know"
    default_auto_field = "django.db.models.BigAutoField"
