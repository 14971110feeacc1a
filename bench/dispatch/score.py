"""Scores a plan and checks it against the rules; shares no code with any solver."""

import statistics

import numpy as np

EARTH = 6_371_008.8


def matrix(day):
    """Whole seconds between all homes and visits, homes first."""
    places = day["volunteers"] + day["visits"]
    lat = np.radians([place["lat"] for place in places])
    lon = np.radians([place["lon"] for place in places])
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    metres = 2 * EARTH * np.arcsin(np.sqrt(half)) * day["travel"]["detour"]
    return np.rint(metres / (day["travel"]["speed_kmh"] / 3.6)).astype(np.int64)


def score(day, ways, routes):
    """Returns the figures of a plan; raises ValueError if it breaks a rule."""
    people, visits = day["volunteers"], day["visits"]
    seen, travel, loads = set(), 0, []
    for number, (person, route) in enumerate(zip(people, routes, strict=True)):
        at, now, load = number, person["shift"][0], 0
        for visit in route:
            call, place = visits[visit], len(people) + visit
            if visit in seen or (call["skill"] is not None and call["skill"] not in person["skills"]):
                raise ValueError(f"visit {visit} is made twice or by a volunteer without the skill")
            seen.add(visit)
            way = int(ways[at, place])
            now = max(now + way, call["tw"][0])
            if now > call["tw"][1]:
                raise ValueError(f"visit {visit} is too late")
            now += call["service_s"]
            load += way + call["service_s"]
            travel += way
            at = place
        back = int(ways[at, number]) if route else 0
        if now + back > person["shift"][1]:
            raise ValueError(f"person {number} is home too late")
        travel += back
        loads.append((load + back) / 60)
    shares = [(load + person["workload_minutes"]) / person["max_minutes"] for load, person in zip(loads, people)]
    return {
        "unserved": sum(call["priority"] for at, call in enumerate(visits) if at not in seen),
        "travel": travel,
        "longest": max(loads),
        "spread": statistics.pstdev(loads),
        "share": max(shares),
        "share_spread": statistics.pstdev(shares),
    }
