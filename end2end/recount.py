"""Counts the demo's months once more, by the rules alone, and compares what was shown with that.

    recount.py FILE

FILE is JSON: `told`, every batch of the story as it was read, in the order of its user; `defaults`, from when on which default is in
force; `first` and `last`, days; and what was shown of these months: `answers` of the interface for scripts by their address, `files`
and `pages` of metrics by their view. Every figure of the answers is recounted; of files and pages those of each view that are not
made of the same answers in the same way. Prints how many figures were compared, or what differs, and then exits with 1.
"""
import bisect, collections, csv, datetime, html.parser, io, json, math, sys, urllib.parse

given = json.load(open(sys.argv[1]))
APPLE = ("iOS", "tvOS")
STATES = ("authorized", "denied", "restricted", "not_determined", "unknown", "not_applicable")
OF_APPLE = STATES[:5]
MINUTE, DAY = 60_000, 86_400_000
TIMES = [0, 1, 2, 4, 8, 15, 30, 60, 120, 240, 480, 900, 1800, 3600, 7200, 14400, 28800] + [86400 * 2 ** n for n in range(9)]


def day_of(ms):
    return ms // DAY


def date(day):
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).isoformat()


def day_number(text):
    return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days


def sense(ms, received):
    """A moment as it was sent: nothing, seconds, ahead of the clock."""
    if ms is None or ms <= 0:
        return None
    ms = ms * 1000 if ms < 100_000_000_000 else ms
    return received if ms > received + 5 * MINUTE else ms


def version(text):
    """Major and minor number; none of what is unreadable."""
    numbers = (text or "").split(".")
    if not all(number.isdigit() for number in numbers):
        return None
    return tuple(int(number) for number in (numbers + ["0"])[:2])


class Device:
    def __init__(self, said):
        self.key, self.app, self.platform = (said["app"], said["device"]), said["app"], said["platform"]
        self.os = self.version = self.country = self.status = self.as_of = None
        self.described, self.answered, self.install, self.active_on = {}, False, None, None
        self.first_seen = self.last_seen = None

    def state(self):
        return (self.status or "unknown") if self.platform in APPLE else "not_applicable"

    def value(self, by):
        if by == "app":
            return self.app
        if by == "os_version":
            known = version(self.os)
            if known is None:
                return None
            name = "" if self.platform == "iOS" else self.platform + " "
            return "%s%d.%d" % (name, *known)
        return {"platform": self.platform, "app_version": self.version, "country": self.country}[by]

    def rank(self):
        apple = self.platform in APPLE
        as_of = self.as_of if apple and self.as_of is not None else -1
        return (as_of, apple, self.last_seen if as_of == -1 else 0)


devices, users = {}, collections.defaultdict(set)
MOST_ON_A_DAY, joined = 50, collections.Counter()
# What happened, by day and app; and units as they were at the end of each day.
flows = collections.Counter()
active = collections.defaultdict(list)
ends = {}


def limited(said):
    """Whether the first batch says that ad tracking is limited, by the table of the legacy flags."""
    status, os = said["status"], version(said["os"])
    if status:
        permits = ("authorized", "not_determined") if os and (14, 0) <= os < (14, 5) else ("authorized",)
        return status not in permits
    if said["limited"] is not None:
        return said["limited"]
    return True if said["idfa_is_zero"] else False if said["idfa"] else None


def take(said):
    received, app = said["at"], said["app"]
    day, t = day_of(received), sense(said["batch_ms"], received)
    t = received if t is None else t
    key = (app, said["device"])
    device = devices.get(key)
    is_new = device is None
    if is_new:
        device = devices[key] = Device(said)
        device.first_seen = device.last_seen = t
    # An id that is on more devices within a day joins no further one: such a device is somebody of its own.
    if said["user"] and (is_new or key not in users[said["user"]]):
        joined[said["user"], day] += 1
    is_joined = said["user"] and (key in users[said["user"]] or joined[said["user"], day] <= MOST_ON_A_DAY)
    users[said["user"] if is_joined else key].add(key)
    device.last_seen = max(device.last_seen, t)
    for field, name in (("os", "os"), ("version", "version"), ("country", "country")):
        if said[name] is not None and t >= device.described.get(field, t):
            setattr(device, field, said[name])
            device.described[field] = t
    if is_new and device.platform in APPLE:
        device.install = day
        for of in (None, app):
            flows[day, of, "installs"] += 1
            flows[day, of, "limited_installs"] += limited(said) is True
    status = said["status"]
    if status and device.platform in APPLE:
        since = min(x for x in (sense(said["att_ms"], received), t) if x is not None)
        before, permissive = device.status, ("denied", "restricted", "not_determined", "authorized")
        newer = device.as_of is None or t > device.as_of
        wins = device.as_of is not None and t == device.as_of and before != status and permissive.index(status) < permissive.index(before)
        if status == before:
            device.as_of = max(device.as_of, t)
        elif newer or wins:
            device.status, device.as_of = status, t
            is_answer = status in ("authorized", "denied")
            is_first = is_answer and not device.answered
            device.answered |= is_answer
            for of in (None, app):
                flows[day, of, "change", before or "unknown", status] += 1
                if is_first:
                    took = max(since - device.first_seen, 0) // 1000
                    flows[day, of, "first_answers"] += 1
                    flows[day, of, "first_authorized"] += status == "authorized"
                    flows[day, of, "took", TIMES[bisect.bisect(TIMES, took) - 1] * 1000] += 1
                    if device.install is not None:
                        flows[device.install, of, "installs_answered"] += 1
                        flows[device.install, of, "installs_authorized"] += status == "authorized"
    if device.active_on is None or day > device.active_on:
        device.active_on = day
        active[day].append((device.app, device.state(), {by: device.value(by) for by in ("os_version",)}))


def units_now():
    """Each device, and each user in all and in each app, as (unit, app, state, values)."""
    found = []
    for device in devices.values():
        found += [("devices", app, device) for app in (None, device.app)]
    for keys in users.values():
        theirs = [devices[key] for key in keys]
        found.append(("profiles", None, max(theirs, key=Device.rank)))
        for app in {device.app for device in theirs}:
            found.append(("profiles", app, max((device for device in theirs if device.app == app), key=Device.rank)))
    return found


BY = ("app", "platform", "os_version", "app_version", "country")
told = sorted(given["told"], key=lambda said: said["at"])
last_day, at = day_number(given["last"]), 0
for day in range(day_of(told[0]["at"]), last_day + 1):
    while at < len(told) and day_of(told[at]["at"]) <= day:
        take(told[at])
        at += 1
    counted = collections.Counter()
    for unit, app, device in units_now():
        counted[unit, app, None, None, device.state()] += 1
        for by in BY:
            counted[unit, app, by, device.value(by), device.state()] += 1
    ends[day] = counted


def default_at(day):
    """In force when a day ends."""
    known = [default for since, default in given["defaults"] if since < (day + 1) * DAY]
    return known[-1] if known else None


def apply(counts, default):
    counts = dict(counts)
    if default:
        counts[default] += counts["unknown"]
        counts["unknown"] = 0
    return counts


def wilson(part, whole):
    if whole == 0:
        return None
    z, p = 1.959963984540054, part / whole
    middle, spread, scale = p + z * z / (2 * whole), z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)), 1 + z * z / whole
    return (0.0 if part == 0 else (middle - spread) / scale, 1.0 if part == whole else (middle + spread) / scale)


def newcombe(before, after):
    (l1, u1), (l2, u2) = wilson(*before), wilson(*after)
    p1, p2 = before[0] / before[1], after[0] / after[1]
    return (p2 - p1 - math.hypot(p2 - l2, u1 - p1), p2 - p1 + math.hypot(u2 - p2, p1 - l1))


def rates(explicit, counts):
    a, d, r, n, u = (counts[state] for state in OF_APPLE)
    ea, ed, er, en, eu = (explicit[state] for state in OF_APPLE)
    return {"consent_rate": (a, a + d), "addressable_rate": (a, a + d + r + n + u), "prompt_coverage": (a + d, a + d + n),
            "restricted_rate": (r, a + d + r + n), "reported_share": (ea + ed + er + en, ea + ed + er + en + eu)}


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


SUMS = ("first_answers", "first_authorized", "installs", "limited_installs")


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
    for name in SUMS:
        same("%s %s" % (where, name), answer[name], summed(days, app, name))
        for shown in answer["days"]:
            same("%s %s %s" % (where, shown["day"], name), shown[name], summed([day_number(shown["day"])], app, name))


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
    """The rows of all tables, as the texts of their cells."""

    def __init__(self):
        super().__init__()
        self.rows, self.cell = [], None

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.cell = []

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append(" ".join("".join(self.cell).split()))
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell.append(data)


def rows_of(view):
    tables = Tables()
    tables.feed(given["pages"][view])
    return tables.rows


def words(day):
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).strftime("%-d %b %Y")


# Files say what the interface says, in CSV as in JSON.
for view, file in given["files"].items():
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
