from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LayersConfig(AppConfig):
    name = "layers"
    verbose_name = _("The map")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from layers.ogc.filters import queryables

        queryables.install()
