"""Search results page by page: a generator waits for the next page of each search."""

import time


class Search:
    def __init__(self):
        self.cursors = {}

    def start(self, number):
        cursor = self.pages("query %d" % number)
        self.cursors[number] = cursor
        return next(cursor)

    def pages(self, query):
        for page in range(100):
            yield "%s, page %d" % (query, page)


def main():
    search = Search()
    number = 0
    while True:
        for _ in range(4):
            number += 1
            search.start(number)
        time.sleep(0.01)


main()
