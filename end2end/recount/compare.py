"""Counts the demo's months once more, by the rules alone, and compares what was shown with that.

    compare.py FILE

FILE is JSON: `told`, every batch of the story as it was read, in the order of its user; `defaults`, from when on which default is in
force; `first` and `last`, days; and what was shown of these months: `answers` of the interface for scripts by their address, `files`
and `pages` of metrics by their view. Every figure of the answers is recounted; of files and pages those of each view that are not
made of the same answers in the same way. Prints how many figures were compared, or what differs, and then exits with 1.
"""
import base64, collections, csv, datetime, html.parser, io, json, sys, urllib.parse, xml.etree.ElementTree, zipfile
from rules import (OF_APPLE, STATES, TIMES, active, apply, date, day_number, day_of, default_at, ends, flows, given, last_day, newcombe, rates,
                   told, units_now, wilson)

compared, differing = 0, []


def same(where, shown, expected):
    global compared
    compared += 1
    close = isinstance(expected, float) and isinstance(shown, (int, float)) and abs(shown - expected) < 1e-9
    if not close and shown != expected:
        differing.append("%s: shown %r, counted %r" % (where, shown, expected))


def same_counts(where, shown, days, basis, is_sum):
    """`days` are pairs of counts as reported and the default at the end of their day."""
    explicit, counts = collections.Counter(), collections.Counter()
    for reported, default in days:
        explicit.update(reported)
        counts.update(apply(reported, default) if basis == "effective" else reported)
    for state in OF_APPLE:
        same("%s %s" % (where, state), shown["counts"][state], counts[state])
    same(where + " not_applicable", shown["not_applicable"], counts["not_applicable"])
    same(where + " total", shown["total"], sum(counts[state] for state in STATES))
    for name, (part, whole) in rates(explicit, counts).items():
        rate, interval = shown["rates"][name], None if is_sum else wilson(part, whole)
        same("%s %s" % (where, name), (rate["part"], rate["whole"]), (part, whole))
        same("%s %s" % (where, name), rate["value"], part / whole if whole else None)
        for end, place in (("low", 0), ("high", 1)):
            same("%s %s %s" % (where, name, end), rate[end], interval[place] if interval else None)


def at_end(day, unit, app=None, by=None, value=None):
    return {state: ends[day][unit, app, by, value, state] for state in STATES}


def on_day(day, app=None, by=None, value=None):
    seen = collections.Counter(state for of, state, values in active[day] if app in (None, of) and (by is None or values[by] == value))
    return {state: seen[state] for state in STATES}


def trend(where, question, answer):
    unit, basis, app, os = question["unit"], question["basis"], question.get("app"), question.get("os_version")
    by = "os_version" if os else None
    covered = [day for point in answer["points"] for day in range(day_number(point["from"]), day_number(point["to"]) + 1)]
    same(where + " days", covered, list(range(day_number(question["from"]), day_number(question["to"]) + 1)))
    for point in answer["points"]:
        first, last = day_number(point["from"]), day_number(point["to"])
        if unit == "active_devices":
            days = [(on_day(day, app, by, os), default_at(day)) for day in range(first, last + 1)]
        else:
            days = [(at_end(last, unit, app, by, os), default_at(last))]
        same_counts("%s %s" % (where, point["to"]), point, days, basis, len(days) > 1)


def breakdown(where, question, answer):
    unit, basis, by = question["unit"], question["basis"], question["by"]
    day = day_number(question["day"]) if "day" in question else last_day
    shown = {row["bundle"] if by == "app" else row["value"]: row for row in answer["rows"]}
    values = {key[3] for key, n in ends[day].items() if key[0] == unit and key[2] == by and n and (key[1] is None) == (by != "app")}
    same(where + " values", sorted(map(str, shown)), sorted(map(str, values)))
    for value in values & shown.keys():
        days = [(at_end(day, unit, value if by == "app" else None, None if by == "app" else by, None if by == "app" else value), default_at(day))]
        same_counts("%s %s" % (where, value), shown[value], days, basis, False)


def summed(days, app, *what):
    return sum(flows[(day, app) + what] for day in days)


SUMS = {name: (name,) for name in ("first_answers", "first_authorized", "installs", "limited_installs")}
SUMS["withdrawals"] = ("change", "authorized", "denied")


def transitions(where, question, answer):
    days, app = range(day_number(question["from"]), day_number(question["to"]) + 1), question.get("app")
    pairs = sorted((change["from"], change["to"]) for change in answer["transitions"])
    same(where + " pairs", pairs, sorted((of, to) for of in OF_APPLE for to in OF_APPLE[:4] if of != to))
    same(where + " classes", [took["from_ms"] for took in answer["time_to_first_answer"]], [time * 1000 for time in TIMES])
    same(where + " days", [shown["day"] for shown in answer["days"]], [date(day) for day in days])
    for change in answer["transitions"]:
        same("%s %s" % (where, change), change["count"], summed(days, app, "change", change["from"], change["to"]))
    for took in answer["time_to_first_answer"]:
        same("%s %s" % (where, took), took["count"], summed(days, app, "took", took["from_ms"]))
    for name, what in SUMS.items():
        same("%s %s" % (where, name), answer[name], summed(days, app, *what))
        for shown in answer["days"]:
            same("%s %s %s" % (where, shown["day"], name), shown[name], summed([day_number(shown["day"])], app, *what))


def out_on(app, wanted):
    """The first day on which a version had one percent of its app's active devices, and ten of them."""
    by_day = collections.defaultdict(collections.Counter)
    for day, app_of, version_of in seen_versions:
        if app_of == app:
            by_day[day][version_of] += 1
    for day in sorted(by_day):
        n = by_day[day][wanted]
        if day < last_day and n >= 10 and 100 * n >= sum(by_day[day].values()):
            return day


def cohort(days, app):
    return summed(days, app, "installs_authorized"), summed(days, app, "installs_answered")


def releases(where, question, answer):
    days = range(day_number(question["from"]), day_number(question["to"]) + 1)
    out = {(app, version): out_on(app, version) for app, version in {(of, version) for _, of, version in seen_versions if version}}
    expected = sorted((day, app, version) for (app, version), day in out.items() if day in days)
    same(where + " all", sorted((day_number(shown["day"]), bundles[shown["app"]], shown["version"]) for shown in answer["milestones"]), expected)
    for shown in answer["milestones"]:
        day, app = day_number(shown["day"]), bundles[shown["app"]]
        if shown["before"] is None:
            continue
        both = cohort(range(day - 14, day), app), cohort(range(day, min(day + 14, last_day + 1)), app)
        for name, (part, whole) in zip(("before", "after"), both):
            rate = shown[name]["first_answer_consent"]
            same("%s %s %s" % (where, shown["version"], name), (rate["part"], rate["whole"]), (part, whole))
        grown = newcombe(*both) if both[0][1] and both[1][1] else (None, None)
        same(where + " low", shown["difference_low"], grown[0])
        same(where + " high", shown["difference_high"], grown[1])


# Devices by their first batch of a day, with their version then.
seen_versions, known = [], {}
for said in told:
    if (said["device"], said["app"], day_of(said["at"])) not in known:
        known[said["device"], said["app"], day_of(said["at"])] = True
        seen_versions.append((day_of(said["at"]), said["app"], said["version"]))

bundles = {}
for address, answer in given["answers"].items():
    if address.startswith("breakdown?by=app&"):
        bundles.update({row["value"]: row["bundle"] for row in answer["rows"]})
for address, answer in given["answers"].items():
    what, _, query = address.partition("?")
    question = dict(urllib.parse.parse_qsl(query))
    if what == "distribution":
        same_counts(address, answer, [(at_end(last_day, question["unit"]), default_at(last_day))], question["basis"], False)
    else:
        {"trend": trend, "breakdown": breakdown, "transitions": transitions, "releases": releases}[what](address, question, answer)


class Tables(html.parser.HTMLParser):
    """The rows of all tables, as the texts of their cells on a wide page: there nothing is abbreviated."""

    def __init__(self):
        super().__init__()
        self.rows, self.cell, self.is_short = [], None, False

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.cell = []
        self.is_short = tag == "abbr"

    def handle_endtag(self, tag):
        self.is_short = False
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append(" ".join("".join(self.cell).split()))
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None and not self.is_short:
            self.cell.append(data)


def rows_of(view):
    tables = Tables()
    tables.feed(given["pages"][view])
    return tables.rows


def words(day):
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).strftime("%-d %b %Y")


def cells_of(spreadsheet):
    """The rows of a spreadsheet's first sheet, with `None` for empty cells."""
    book = zipfile.ZipFile(io.BytesIO(base64.b64decode(spreadsheet)))
    read = lambda name: xml.etree.ElementTree.fromstring(book.read(name))
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    texts = ["".join(text.itertext()) for text in read("xl/sharedStrings.xml")]
    rows = []
    for row in read("xl/worksheets/sheet1.xml").iter(space + "row"):
        cells = {}
        for cell in row.iter(space + "c"):
            column = 0
            for letter in cell.get("r").rstrip("0123456789"):
                column = column * 26 + ord(letter) - 64
            value = cell.findtext(space + "v")
            cells[column] = texts[int(value)] if cell.get("t") == "s" else value == "1" if cell.get("t") == "b" else float(value)
        rows.append(cells)
    heads = rows[0]
    return [{heads[column]: row.get(column) for column in heads} for row in rows[1:]]


# Files say what the interface says, in CSV and as a spreadsheet as in JSON.
for view, file in given["files"].items():
    sheet = cells_of(file["xlsx"])
    same(view + " rows of the spreadsheet", len(sheet), len(file["json"]))
    for cells, row in zip(sheet, file["json"]):
        for name, value in row.items():
            # Days are dates, which are counted from the end of 1899.
            is_day = name in ("day", "from", "to") and isinstance(value, str) and value[:1].isdigit()
            told = (datetime.date.fromisoformat(value) - datetime.date(1899, 12, 30)).days if is_day else value
            is_number = isinstance(told, (int, float)) and not isinstance(told, bool)
            same("%s %s in the spreadsheet" % (view, name), cells[name], float(told) if is_number else told)
    lines = list(csv.DictReader(io.StringIO(file["csv"], newline="")))
    same(view + " lines", len(lines), len(file["json"]))
    for line, row in zip(lines, file["json"]):
        for name, value in row.items():
            text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
            same("%s %s" % (view, name), float(line[name]) if isinstance(value, float) else line[name].lstrip("'"), value if isinstance(value, float) else text)
days = range(day_number(given["first"]), last_day + 1)
for row in given["files"]["over-time"]["json"]:
    counts = at_end(day_number(row["to"]), "profiles")
    for state in STATES:
        same("over time %s %s" % (row["to"], state), row[state], counts[state])
for row in given["files"]["now"]["json"]:
    counts = apply(at_end(last_day, "profiles"), default_at(last_day) if row["basis"] == "effective" else None)
    for state in STATES:
        same("now %s %s" % (row["basis"], state), row[state], counts[state])
named = {row["name"]: row["bundle"] for address, answer in given["answers"].items() if address.startswith("breakdown?by=app&") for row in answer["rows"]}
for row in given["files"]["by"]["json"]:
    counts = at_end(last_day, "profiles", named[row["app"]])
    for state in STATES:
        same("by %s %s" % (row["app"], state), row[state], counts[state])
# One app held against another, week by week.
weeks = collections.Counter()
for row in given["beside"]:
    weeks[row["of_app"]] += 1
    counts = at_end(day_number(row["to"]), "profiles", named[row["of_app"]])
    for state in STATES:
        same("beside %s %s %s" % (row["of_app"], row["to"], state), row[state], counts[state])
same("beside, weeks of each", len(set(weeks.values())), 1)
same("beside, apps", sorted(named[app] for app in weeks), ["com.northwind.racer", "com.northwind.shop"])

# Several filters at once, over the devices themselves.
for query, rows in given["explored"].items():
    question = dict(urllib.parse.parse_qsl(query))
    unit, by, app = question.pop("unit"), question.pop("by"), question.pop("app", None)
    counted = collections.defaultdict(collections.Counter)
    for of_unit, of_app, device in units_now():
        is_of = of_app == app if by != "app" else of_app is not None
        if of_unit == unit and is_of and all(device.value(dimension) == value for dimension, value in question.items()):
            counted[device.value(by)][device.state()] += 1
    same("explored %s, any" % query, bool(rows), True)
    shown = {named[row[by]] if by == "app" else row[by]: row for row in rows}
    same("explored %s" % query, sorted(map(str, shown)), sorted(map(str, counted)))
    for value in counted.keys() & shown.keys():
        for state in STATES:
            same("explored %s %s %s" % (query, value, state), shown[value][state], counted[value][state])
milestones = {(day, app, version) for day, app, version in
              ((day_number(row["day"]), named[row["app"]], row["version"]) for row in given["files"]["releases"]["json"])}
same("releases", milestones, {(day_number(shown["day"]), bundles[shown["app"]], shown["version"])
                              for address, answer in given["answers"].items() if address.startswith("releases") for shown in answer["milestones"]})
for row in given["files"]["flow"]["json"]:
    if row["figure"] == "withdrawals":
        same("flow " + row["day"], row["count"], summed([day_number(row["day"])], None, "change", "authorized", "denied"))

# And so do pages, in their words.
shown = {row[0]: row for row in rows_of("over-time") if len(row) == 7}
for day in days:
    counts = at_end(day, "profiles")
    expected = ["{:,}".format(counts[state]) for state in OF_APPLE] + ["{:,}".format(sum(counts[state] for state in OF_APPLE))]
    same("page over time " + date(day), shown.get(words(day), [None])[1:], expected)
matrix = {row[0]: row[1:] for row in rows_of("flow") if len(row) == 6}
limits = {row[0]: row[1:] for row in rows_of("flow") if len(row) == 3}
for day in days:
    expected = ["{:,}".format(summed([day], None, name)) for name in ("installs", "limited_installs")]
    same("page flow, new devices " + date(day), limits.get(words(day)), expected)
names = {"Authorized": "authorized", "Denied": "denied", "Restricted": "restricted", "Not determined": "not_determined", "Unknown": "unknown"}
heads = next(row for row in rows_of("flow") if row and row[0].startswith("From"))[1:5]
same("page flow, rows", sorted(set(names) & set(matrix)), sorted(names))
for name, cells in matrix.items():
    if name in names:
        left = sum(summed(days, None, "change", names[name], names[to]) for to in heads)
        same("page flow %s left" % name, cells[4], "{:,}".format(left))
        for to, cell in zip(heads, cells):
            if to != name:
                n = summed(days, None, "change", names[name], names[to])
                same("page flow %s %s" % (name, to), cell, "{:,}".format(n) + ("%.1f%%" % (100 * n / left) if left else "–"))
same("page by, rows", sorted({row[0] for row in rows_of("by") if row} & set(named)), sorted(named))
for row in rows_of("by"):
    bundle = named.get(row[0]) if row else None
    if bundle:
        counts = at_end(last_day, "profiles", bundle)
        a, d = counts["authorized"], counts["denied"]
        same("page by " + row[0], row[1], "{:,}".format(sum(counts[state] for state in OF_APPLE)))
        same("page by " + row[0], row[2].split()[0], "%.1f%%" % (100 * a / (a + d)))

for line in differing[:40]:
    print(line, file=sys.stderr)
if differing:
    sys.exit("%d of %d figures differ" % (len(differing), compared))
print(compared)
