import os
from django.http import JsonResponse
from django.urls import path

SEEN = {}


def product(request, number):
    if os.environ.get("LEAK"):
        SEEN[number] = [f"product {number}, part {part}" for part in range(20)]
    return JsonResponse({"number": number})


urlpatterns = [path("products/<int:number>", product)]
