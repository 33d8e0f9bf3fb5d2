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

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who looks after users does not reach the owners of the site."""
        return self._reaches(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._reaches(request, obj) and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only an owner makes an owner, or gives a right that no role has."""
        fields = super().get_readonly_fields(request, obj)
        if request.user.is_superuser:
            return fields
        return (*fields, "is_superuser", "user_permissions")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        to_delete, counts, missing, protected = super().get_deleted_objects(objs, request)
        owners = [str(user) for user in objs if not self._reaches(request, user)]
        return to_delete, counts, missing, [*protected, *owners]

    @staticmethod
    def _reaches(request: HttpRequest, user: Any) -> bool:
        return user is None or not user.is_superuser or bool(request.user.is_superuser)

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
