"""Who works at the desk: Django's users, with the second factor of each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from . import factor

# Their pages would show, and let one type, the secrets of other people.
admin.site.unregister(TOTPDevice)
admin.site.unregister(StaticDevice)


class WithSecondFactor(UserAdmin):
    """Shows who has a second factor, and takes it away from who lost it."""

    list_display = ("username", "email", "first_name", "last_name", "is_staff", "second_factor")
    actions = ("reset_second_factor",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        apps = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return super().get_queryset(request).annotate(has_second_factor=Exists(apps))

    @admin.display(boolean=True, description="second factor")
    def second_factor(self, user: Any) -> bool:
        return bool(user.has_second_factor)

    @admin.action(
        description="Reset the second factor: the next log-in sets up a new one",
        permissions=["change"],
    )
    def reset_second_factor(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            if user.is_superuser and not request.user.is_superuser:
                # Or who may change users could open the door of who may do everything.
                self.message_user(
                    request, f"Only an admin may reset {user.get_username()}.", messages.ERROR
                )
            elif factor.reset(user):
                self.log_change(request, user, "Reset the second factor.")
                self.message_user(
                    request, f"{user.get_username()} sets up a new one at the next log-in."
                )
            else:
                self.message_user(
                    request, f"{user.get_username()} has no second factor.", messages.WARNING
                )


admin.site.unregister(User)
admin.site.register(User, WithSecondFactor)
