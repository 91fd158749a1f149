"""TrueType and OpenType fonts changed: another family, wrong letters."""

import struct


def table_of(font, wanted):
    count = struct.unpack_from(">H", font, 4)[0]
    tables = (struct.unpack_from(">4s3I", font, 12 + 16 * i) for i in range(count))
    return next(offset for tag, _, offset, _ in tables if tag == wanted)


def renamed(font, family):
    """The font, the first letters of its family's name replaced by `family`."""
    data = bytearray(font)
    table = table_of(font, b"name")
    count, strings = struct.unpack_from(">2H", data, table + 2)
    for entry in range(table + 6, table + 6 + 12 * count, 12):
        platform, _, _, name, _, offset = struct.unpack_from(">6H", data, entry)
        if name in (1, 16, 21):  # the family, as it has been called in turn
            text = family.encode("ascii" if platform == 1 else "utf-16-be")
            start = table + strings + offset
            data[start : start + len(text)] = text
    return bytes(data)


def shifted(font):
    """The font with the glyph of B in the place of A, and so on; nothing if its map is unusual."""
    data = bytearray(font)
    table = table_of(font, b"cmap")
    found = False
    for i in range(struct.unpack_from(">H", font, table + 2)[0]):
        start = table + struct.unpack_from(">I", font, table + 8 + 8 * i)[0]
        kind = struct.unpack_from(">H", font, start)[0]
        if kind == 4:
            double = struct.unpack_from(">H", font, start + 6)[0]
            for end in range(start + 14, start + 14 + double, 2):
                # Last character, first one, what to add for the glyph, 0 if that is all.
                columns = (end, end + 2 + double, end + 2 + 2 * double, end + 2 + 3 * double)
                z, a, delta, more = (struct.unpack_from(">H", font, at)[0] for at in columns)
                if a <= ord("A") and z >= ord("J") and more == 0:
                    struct.pack_into(">H", data, columns[2], (delta + 1) % 65536)
                    found = True
        if kind == 12:
            for group in range(struct.unpack_from(">I", font, start + 12)[0]):
                a, z, glyph = struct.unpack_from(">3I", font, start + 16 + 12 * group)
                if a <= ord("A") and z >= ord("J"):
                    struct.pack_into(">I", data, start + 24 + 12 * group, glyph + 1)
    return bytes(data) if found and data != font else None
