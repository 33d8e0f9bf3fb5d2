"""A page of HTML on the way in, a PDF of one sheet on the way out: `python -m checker.typeset`.

A process of its own that lives for one document (checker.paper starts it). WeasyPrint takes a second and
some sixty megabytes to load: no serving process should keep them for a page that few people ask for. Nothing of
Django is loaded, nothing is fetched, nothing is written to a disk.
"""

from __future__ import annotations

import sys

MISSING = 3
"""The exit code that says that WeasyPrint, or a system library that it needs, is not there."""
SIZES = ((10.0, 15), (9.25, 15), (8.5, 14), (7.75, 12), (7.0, 10), (6.5, 8), (6.0, 6))
"""Points of the text and millimetres of margin, tried from the largest until everything stands on one sheet."""
VARIANT = "pdf/ua-1"
"""Tagged, with a title and a language, so that a screen reader can read it."""


def typeset(html: str) -> bytes:
    """Return the page as PDF, as large as one sheet allows. Raises OSError or ImportError without WeasyPrint."""
    from weasyprint import CSS, HTML
    from weasyprint.urls import URLFetcher

    page = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=()))
    for points, margin in SIZES:
        fitted = CSS(string=f"html {{ font-size: {points}pt }} @page {{ margin: {margin}mm }}")
        document = page.render(stylesheets=[fitted], pdf_variant=VARIANT, pdf_tags=True)
        if len(document.pages) == 1:
            break
    pdf: bytes = document.write_pdf(pdf_variant=VARIANT, pdf_tags=True)
    return pdf


def main() -> int:
    html = sys.stdin.buffer.read().decode()
    try:
        pdf = typeset(html)
    except (ImportError, OSError) as error:
        print(f"WeasyPrint is not there: {type(error).__name__}", file=sys.stderr)
        return MISSING
    sys.stdout.buffer.write(pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
