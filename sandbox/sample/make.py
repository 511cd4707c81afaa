#!/usr/bin/env python3
"""Makes the demo's sample documents next to itself: small, valid files of real formats, the same bytes every time.

Only the standard library. JPEG needs an encoder, so a baseline one stands below; it writes flat 8x8 blocks.
"""
import math
import pathlib
import struct
import zipfile
import zlib

HERE = pathlib.Path(__file__).parent


def pdf(name, title, lines):
    text = "BT /F1 20 Tf 60 770 Td (%s) Tj /F1 11 Tf 0 -34 Td 16 TL " % title
    text += " ".join("(%s) Tj T*" % line for line in lines) + " ET"
    stream = text.encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    (HERE / name).write_bytes(out)


def archive(name, members):
    with zipfile.ZipFile(HERE / name, "w", zipfile.ZIP_DEFLATED) as out:
        for path, body in members:
            info = zipfile.ZipInfo(path, (2026, 11, 2, 9, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(info, body)


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
FORMATS = "application/vnd.openxmlformats-officedocument"


def types(parts):
    rows = "".join('<Override PartName="%s" ContentType="%s.%s+xml"/>' % (p, FORMATS, t) for p, t in parts)
    return (
        XML + '<Types xmlns="%s/content-types">' % PACKAGE
        + '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + '<Default Extension="xml" ContentType="application/xml"/>' + rows + "</Types>"
    )


def relation(target, kind):
    return XML + '<Relationships xmlns="%s/relationships"><Relationship Id="rId1" Type="%s/%s" Target="%s"/></Relationships>' % (
        PACKAGE, OFFICE, kind, target)


def docx(name, paragraphs):
    body = "".join("<w:p><w:r><w:t>%s</w:t></w:r></w:p>" % text for text in paragraphs)
    archive(name, [
        ("[Content_Types].xml", types([("/word/document.xml", "wordprocessingml.document.main")])),
        ("_rels/.rels", relation("word/document.xml", "officeDocument")),
        ("word/document.xml", XML + '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
         "<w:body>%s</w:body></w:document>" % body),
    ])


def xlsx(name, rows):
    def cell(value):
        if isinstance(value, str):
            return '<c t="inlineStr"><is><t>%s</t></is></c>' % value
        return "<c><v>%s</v></c>" % value
    body = "".join("<row>%s</row>" % "".join(map(cell, row)) for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    archive(name, [
        ("[Content_Types].xml", types([("/xl/workbook.xml", "spreadsheetml.sheet.main"),
                                       ("/xl/worksheets/sheet1.xml", "spreadsheetml.worksheet")])),
        ("_rels/.rels", relation("xl/workbook.xml", "officeDocument")),
        ("xl/workbook.xml", XML + '<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/>'
         "</sheets></workbook>" % (main, OFFICE)),
        ("xl/_rels/workbook.xml.rels", relation("worksheets/sheet1.xml", "worksheet")),
        ("xl/worksheets/sheet1.xml", XML + '<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (main, body)),
    ])


def png(name, width, height, colour):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = b"".join(b"\0" + b"".join(bytes(colour(x, y)) for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    (HERE / name).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def jpeg(name, columns, rows, grey):
    """A grey baseline JPEG of flat blocks: only the DC coefficient of each is coded."""
    def segment(marker, body):
        return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body
    dc_codes = {size: (format(size, "04b"), size) for size in range(12)}
    bits, before = "", 0
    for y in range(rows):
        for x in range(columns):
            level = round((grey(x, y) - 128) * 8 / 8)
            step, before = level - before, level
            size = abs(step).bit_length()
            bits += dc_codes[size][0]
            if size:
                bits += format(step if step > 0 else step + (1 << size) - 1, "0%db" % size)
            bits += "0"  # end of block: the only AC code
    bits += "1" * (-len(bits) % 8)
    data = bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    dc = bytes([0, 0, 0, 12] + [0] * 12) + bytes(range(12))
    ac = bytes([1] + [0] * 15) + b"\0"
    out = b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + segment(0xDB, b"\0" + bytes([8] * 64))
    out += segment(0xC0, struct.pack(">BHHB", 8, rows * 8, columns * 8, 1) + b"\1\x11\0")
    out += segment(0xC4, b"\0" + dc) + segment(0xC4, b"\x10" + ac)
    out += segment(0xDA, b"\1\1\0\0\x3f\0") + data + b"\xff\xd9"
    (HERE / name).write_bytes(out)


def text(name, lines):
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    pdf("offer.pdf", "Offer 2026-014", ["Lumen Lighting, Brugge", "40 desk lamps L2, brass        3,580.00 EUR", "12 ceiling tracks T8, black    1,740.00 EUR", "Valid until 31 December 2026"])
    pdf("contract.pdf", "Framework contract 2026", ["between Lumen Lighting and Lumen & Co", "1. Subject   2. Prices   3. Delivery   4. Term", "Signed in Brugge, 12 January 2026"])
    pdf("terms.pdf", "Terms of delivery", ["Delivery within ten working days.", "Goods remain our property until paid."])
    pdf("invoice.pdf", "Invoice 88", ["Caf\xe9 \xc9t\xe9, Li\xe8ge", "Installation, 6 hours    372.00 EUR", "Payable within 30 days"])
    pdf("sheet.pdf", "L\xe4mpchen L2", ["Desk lamp, brass. 7 W LED, 2700 K, 620 lm.", "230 V, 50 Hz. Cable 1.8 m."])
    docx("minutes.docx", ["Besprechung mit Müller &amp; Söhne, 3. November 2026", "Anwesend: Jürgen Müller, Anna Peeters", "Nächster Schritt: Angebot bis Freitag"])
    docx("handover.docx", ["Übergabeprotokoll", "Website relaunch, übergeben am 14. Oktober 2026", "Keine offenen Punkte"])
    docx("agenda.docx", ["Kick-off harbour office", "1. Round of introductions", "2. Floor plans", "3. Calendar"])
    xlsx("prices.xlsx", [["Code", "Name", "Price"], ["LMP-L2", "Lämpchen L2", 89.5], ["TRK-T8", "Track light T8", 145], ["SRV-INST", "Installation, per hour", 62]])
    xlsx("plan.xlsx", [["Week", "Floor", "Work"], [49, 1, "Cabling"], [50, 2, "Cabling"], [51, 1, "Fitting"]])
    png("logo.png", 160, 160, lambda x, y: (0, 178, 178) if (x - 80) ** 2 + (y - 80) ** 2 < 4900 else (255, 255, 255))
    png("card.png", 170, 100, lambda x, y: (42, 59, 77) if y > 78 else (240, 245 - x // 12, 252 - y // 8))
    png("draft.png", 240, 150, lambda x, y: (100, 120, 143) if y < 24 else (0, 138, 140) if 30 < x < 110 and 60 < y < 90 else (247, 247, 250))
    jpeg("facade.jpg", 40, 28, lambda x, y: 70 if x % 8 in (2, 3, 4) and y % 7 in (2, 3, 4) else 190 + y % 3 * 8)
    jpeg("whiteboard.jpg", 44, 26, lambda x, y: 90 if abs(y - 13 - 7 * math.sin(x / 5)) < 1 else 235)
    jpeg("lamp.jpg", 30, 40, lambda x, y: 220 if abs(x - 15) < (18 - y) / 2 + 8 and 6 < y < 20 else 110 if x in (14, 15) and y >= 20 or y > 36 and 8 < x < 22 else 40)
    text("annex.txt", ["Annex A to the framework contract 2026", "", "Discount from 50 pieces: 4 %", "Discount from 200 pieces: 7 %"])
    text("call.txt", ["Call with Erla, 17 November", "- wants brass, not chrome", "- asks for samples by the end of the month ☎"])
    archive("drawings.zip", [("ground floor.txt", "A-101 ground floor 1:100\n"), ("first floor.txt", "A-102 first floor 1:100\n"), ("details/façade.txt", "D-201 façade 1:20\n")])


if __name__ == "__main__":
    main()
