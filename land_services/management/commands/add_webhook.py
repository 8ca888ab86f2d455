"""Tell another system of steps: ``add_webhook LOGIN https://erp.example.sa/hook --event submit --event issue``."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from land_services.api.webhooks import UnfitAddress, add_target, new_secret


class Command(BaseCommand):
    help = "Add an address that is told of steps of the cases that an account sees; prints its secret once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login", help="the account whose cases it is told of")
        parser.add_argument("url", help="where to send; its host must be in WEBHOOK_HOSTS")
        parser.add_argument("--event", action="append", default=[], help="an act such as submit; without one, all")

    def handle(self, *args: Any, **options: Any) -> None:
        people = get_user_model()
        user = people.objects.filter(**{people.USERNAME_FIELD: options["login"]}).first()
        if user is None:
            raise CommandError(f"there is no account {options['login']!r}")
        secret = new_secret()
        try:
            target = add_target(int(user.pk), options["url"], options["event"], secret)
        except UnfitAddress as unfit:
            raise CommandError(unfit.en) from unfit
        self.stdout.write(f"webhook {target.pk}; its secret, not shown again: {secret}")
