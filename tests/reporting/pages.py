"""What tests read of a page: its elements, its visible text, and whether every element is closed."""

from html.parser import HTMLParser

VOID = {"meta", "input", "br", "hr", "img", "link"}


class Page(HTMLParser):
    """A strict reader: browsers forgive an element that is not closed, this does not."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.html = html
        self.elements, self.open, self.texts, self.faults = [], [], [], []
        self.feed(html)
        self.close()
        self.faults += [f"never closed: {tag}" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.faults.append(f"attribute twice: {tag} {names}")
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-3:]} at {self.getpos()}")
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def tags(self, name):
        return [attrs for tag, attrs in self.elements if tag == name]

    @property
    def ids(self):
        return [attrs["id"] for _, attrs in self.elements if "id" in attrs]

    @property
    def styles(self):
        return self.html.split("<style>")[1].split("</style>")[0]

    def outside(self):
        """Every reference to something that is not in the page or beside it."""
        found = [
            tag for tag, _ in self.elements if tag in ("script", "link", "iframe", "img", "object", "base")
        ]
        for tag, attrs in self.elements:
            for name, value in attrs.items():
                if name in ("src", "href", "xlink:href", "action", "srcset", "poster") and ":" in (
                    value or ""
                ):
                    found.append(f"{tag} {name}={value}")
                if name.startswith("on") or (name == "style"):
                    found.append(f"{tag} {name}")
        return found + [word for word in ("@import", "url(", "http") if word in self.styles]
