from django.apps import AppConfig


class RegisterConfig(AppConfig):
    name = "land_services.register"
    label = "register"
    default_auto_field = "django.db.models.BigAutoField"
