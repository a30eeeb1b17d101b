"""Small applications of what people write applications with."""

from wsgiref.validate import validator


def _validated(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


valid = validator(_validated)


def flask():
    import flask as framework

    app = framework.Flask("tested")

    @app.route("/hello/<name>", methods=["GET", "POST"])
    def hello(name):
        return {"name": name, "form": framework.request.form.to_dict(),
                "url": framework.request.url, "file": len(framework.request.files)}

    @app.route("/file")
    def file():
        return framework.send_file(__file__, mimetype="text/plain")

    @app.route("/stream")
    def stream():
        return framework.Response((f"{i}\n" for i in range(1000)), mimetype="text/plain")

    @app.route("/error")
    def error():
        raise RuntimeError("in Flask")

    return app


def django():
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import FileResponse, JsonResponse
    from django.urls import path

    def hello(request, name):
        return JsonResponse({"name": name, "form": dict(request.POST.items()),
                             "url": request.build_absolute_uri()})

    def file(request):
        return FileResponse(open(__file__, "rb"), content_type="text/plain")

    settings.configure(DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF=(
        path("hello/<name>", hello), path("file", file)), SECRET_KEY="tested")
    return get_wsgi_application()
