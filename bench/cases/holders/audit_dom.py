"""An audit trail in XML: every event is an element of the document."""

import time
import xml.etree.ElementTree as ElementTree


class Trail:
    def __init__(self):
        self.document = ElementTree.Element("trail")
        self.count = 0

    def note(self, what):
        self.count += 1
        event = ElementTree.SubElement(self.document, "event", number=str(self.count))
        event.text = what


def main():
    trail = Trail()
    while True:
        for _ in range(4):
            trail.note("someone signed in, number %d" % trail.count)
        time.sleep(0.01)


main()
