import os
from django.http import JsonResponse
from django.urls import path

SEEN = {}


def product(request, number):
    if os.environ.get("LEAK"):
        SEEN[number] = {"number": number, "name": f"product {number}" * 10}
    return JsonResponse({"number": number})


urlpatterns = [path("products/<int:number>", product)]
