"""A small Django application in one file, with Django's own accounts and sessions. What it is comes from settings.json beside it."""

import json
import sys
from datetime import datetime, timezone
from pathlib import Path

import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

FOLDER = Path(__file__).resolve().parent
WANTED = json.loads((FOLDER / "settings.json").read_text())

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if not WANTED["csrf"]:
    MIDDLEWARE.remove("django.middleware.csrf.CsrfViewMiddleware")
if WANTED["variant"] == "safe":
    MIDDLEWARE.insert(2, "application.bind_sessions_to_hosts")

settings.configure(
    DEBUG=False,
    SECRET_KEY="only for tests, and never seen outside of them",
    ALLOWED_HOSTS=WANTED["hosts"],
    ROOT_URLCONF="application",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=MIDDLEWARE,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(FOLDER / "db.sqlite3")}},
    SESSION_COOKIE_DOMAIN=WANTED["domain"] if WANTED["variant"] == "domain-cookie" else None,
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # quick, for tests
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
)


def bind_sessions_to_hosts(get_response):
    """A session counts on the host where it began, and is an empty one elsewhere. It is not ended: a copy must not sign anybody out."""

    def middleware(request):
        host = request.get_host()
        if request.session.get("host", host) != host:
            request.session = type(request.session)()
        response = get_response(request)
        if request.session.modified and not request.session.is_empty():
            request.session["host"] = host
        return response

    return middleware


def home(request):
    from django.middleware.csrf import get_token
    from django.utils.html import escape

    user = request.user
    hello = f"<h1>Hello {escape(user.get_username() or 'stranger')}</h1>"
    time = f"<p>It is {datetime.now(timezone.utc):%H:%M:%S.%f}.</p>"
    if not user.is_authenticated:
        return page(hello + time + '<a href="/login">Sign in</a>')
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
    balance = request.session.get("balance", 100)
    form = f'<form method="post" action="/transfer">{token}<input name="amount"><button>Transfer</button></form>'
    return page(f"{hello}{time}<p>Your balance is {balance}.</p>{form}")


def sign_in(request):
    from django.contrib.auth import authenticate, login
    from django.http import HttpResponseRedirect
    from django.middleware.csrf import get_token

    if request.method != "POST":
        token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
        return page(f'<form method="post">{token}<input name="user"><input name="password" type="password"><button>Sign in</button></form>')
    user = authenticate(request, username=request.POST.get("user"), password=request.POST.get("password"))
    if user is None:
        return page("Wrong name or password", 401)
    login(request, user)
    return HttpResponseRedirect("/")


def transfer(request):
    from django.http import HttpResponseRedirect

    if request.method != "POST":
        return page("Not allowed", 405)
    if not request.user.is_authenticated:
        return HttpResponseRedirect("/login")
    request.session["balance"] = request.session.get("balance", 100) - int(request.POST.get("amount", "0"))
    return page(f"Transferred. Your balance is {request.session['balance']}.")


def page(body, status=200):
    return HttpResponse(f"<!doctype html><title>Shop</title>{body}\n", status=status)


urlpatterns = [path("", home), path("login", sign_in), path("transfer", transfer)]

if __name__ == "__main__":
    # Django names modules: the one that runs is the one that it shall find, not a second copy.
    sys.modules["application"] = sys.modules["__main__"]
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command

    # Only while there is none: a restart finds its accounts again.
    call_command("migrate", verbosity=0)
    for name, password in WANTED["accounts"].items():
        if not User.objects.filter(username=name).exists():
            User.objects.create_user(name, password=password)
    call_command("runserver", f"127.0.0.1:{sys.argv[1]}", use_reloader=False, verbosity=0)
