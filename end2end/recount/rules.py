"""The demo's months by the rules alone: what each batch does to its device, and what follows for every day.

Reads the file that `compare.py` was given, and leaves what was counted in its names.
"""
import bisect, collections, datetime, json, math, sys

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
