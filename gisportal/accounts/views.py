"""Sign-in, sign-out, my account."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

login = auth.LoginView.as_view(template_name="accounts/login.html")
logout = auth.LogoutView.as_view()


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/home.html")
