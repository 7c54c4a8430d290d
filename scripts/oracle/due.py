"""Due instants by Python's zoneinfo, for comparison with the due function in Rust. Nothing is shared between the two.

Prints, for the transitions of every IANA zone from 2020 to 2037 and for the day that Apia skipped in 2011:

    R <amount> <unit> <before|after> <HH:MM or ->     one line per rule, in the order of the columns
    Z <zone>                                          the zone of the lines that follow
    <anchor> <due> <due> ...                          seconds since the epoch; x: a "before" after its anchor

The rules are those of RFC 5545: minutes and hours are exact; days and weeks keep the wall clock; a wall time that does not
exist moves forward by the gap, one that occurs twice means the first. That is what PEP 495 gives with fold=0.
"""

import sys
import zoneinfo
from datetime import datetime, time, timedelta, timezone

RULES = [
    (0, "minutes", "before", None),
    (90, "minutes", "before", None),
    (24, "hours", "before", None),
    (24, "hours", "after", None),
    (0, "days", "before", None),
    (1, "days", "before", None),
    (1, "days", "after", None),
    (1, "weeks", "before", None),
    (1, "weeks", "after", None),
    (0, "days", "before", time(2, 30)),
    (1, "days", "before", time(2, 15)),
    (1, "days", "after", time(0, 30)),
    (7, "days", "before", time(23, 59)),
    (0, "days", "after", time(1, 45)),
]
MINUTE, DAY = 60, 86400
# Around the transition itself, and where an offset of a day or a week lands in the gap or in the repeated hour.
AROUND = (
    [-MINUTE, 0, 29 * MINUTE]
    + [day * DAY + minute * MINUTE for day in (-1, 1) for minute in (-30, -15, 15, 30)]
    + [day * DAY + minute * MINUTE for day in (-7, 7) for minute in (-30, 30)]
)
FIRST = int(datetime(2020, 1, 1, tzinfo=timezone.utc).timestamp())
LAST = int(datetime(2038, 1, 1, tzinfo=timezone.utc).timestamp())


def offset(zone, at):
    return datetime.fromtimestamp(at, zone).utcoffset()


def transitions(zone, first, last):
    """Seconds at which the offset changes. Five days are shorter than any two changes lie apart."""
    step = 5 * DAY
    for begin in range(first, last, step):
        low, high = begin, begin + step
        if offset(zone, low) == offset(zone, high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if offset(zone, middle) == offset(zone, low):
                low = middle
            else:
                high = middle
        yield high


def due(zone, anchor, local, rule):
    amount, unit, direction, pinned = rule
    sign = -1 if direction == "before" else 1
    if unit == "minutes":
        return anchor + sign * amount * MINUTE
    if unit == "hours":
        return anchor + sign * amount * 60 * MINUTE
    days = sign * amount * (7 if unit == "weeks" else 1)
    if days == 0 and pinned is None:
        return anchor
    wall = local + timedelta(days=days)
    if pinned is not None:
        wall = datetime.combine(wall.date(), pinned)
    found = int(wall.replace(tzinfo=zone, fold=0).timestamp())
    return None if direction == "before" and found > anchor else found


def print_zone(name, anchors, out):
    zone = zoneinfo.ZoneInfo(name)
    lines = [f"Z {name}"]
    for anchor in anchors:
        local = datetime.fromtimestamp(anchor, zone).replace(tzinfo=None, fold=0)
        found = (due(zone, anchor, local, rule) for rule in RULES)
        lines.append(f"{anchor} " + " ".join("x" if at is None else str(at) for at in found))
    out.write("\n".join(lines) + "\n")


def main():
    out = sys.stdout
    for amount, unit, direction, pinned in RULES:
        out.write(f"R {amount} {unit} {direction} {pinned.strftime('%H:%M') if pinned else '-'}\n")
    for name in sorted(zoneinfo.available_timezones()):
        zone = zoneinfo.ZoneInfo(name)
        anchors = [change + near for change in transitions(zone, FIRST, LAST) for near in AROUND]
        # Zones without a change are asked too: twice a year.
        print_zone(name, anchors or range(FIRST + 45 * DAY, LAST, 183 * DAY), out)
    # Apia had no 30 December 2011: a gap of a whole day.
    skipped = int(datetime(2011, 12, 30, 10, tzinfo=timezone.utc).timestamp())
    print_zone("Pacific/Apia", range(skipped - 9 * DAY, skipped + 9 * DAY, 37 * MINUTE), out)
    out.write("END\n")


if __name__ == "__main__":
    main()
