"""An interpreter of templates: each include opens a scope inside of the last one, and none is left."""

import time


class Scope(dict):
    def __init__(self, outer, **names):
        super().__init__(names)
        self.outer = outer

    def find(self, name):
        return self[name] if name in self else None


class Renderer:
    def __init__(self):
        self.scope = Scope(None, title="start")

    def include(self, template):
        self.scope = Scope(self.scope, template=template)
        return self.scope.find("template")


RENDERER = Renderer()


def main():
    number = 0
    while True:
        for _ in range(4):
            number += 1
            RENDERER.include("template %d" % number)
        time.sleep(0.01)


main()
