"""Days to plan, in the neutral format: hamlets, people with a few hours, visits.

The same seed makes the same day on any machine.
"""

import argparse
import json
import math
import random
from pathlib import Path

METRES_A_DEGREE = 111_320.0
WELL = (34.30, 113.90)
# Opening and closing hour of a shift.
SHIFTS = [(8.5, 11.5), (9, 12), (14, 17), (13.5, 17.5), (8.5, 12.5), (9, 16), (15, 17)]


def place(x, y):
    """Metres east and north of the well, as degrees."""
    lat = WELL[0] + y / METRES_A_DEGREE
    lon = WELL[1] + x / (METRES_A_DEGREE * math.cos(math.radians(WELL[0])))
    return round(lat, 6), round(lon, 6)


def grid(rng, centre, people, visits, first_person):
    """One grid: most homes and visits lie in a few hamlets."""
    spread = rng.uniform(2_000, 4_000)

    def anywhere():
        return tuple(c + rng.uniform(-0.5, 0.5) * spread for c in centre)

    hamlets = [(anywhere(), rng.uniform(100, 220)) for _ in range(rng.randint(2, 5))]

    def somewhere():
        if rng.random() < 0.1:
            return anywhere()
        (x, y), width = rng.choice(hamlets)
        return rng.gauss(x, width), rng.gauss(y, width)

    volunteers, calls = [], []
    for number in range(people):
        opens, closes = SHIFTS[rng.randrange(len(SHIFTS))]
        lat, lon = place(*somewhere())
        skills = [0] + [skill for skill, odds in ((1, 0.35), (2, 0.25)) if rng.random() < odds or (skill == 1 and number == 0)]
        volunteers.append({
            "id": first_person + number, "lat": lat, "lon": lon, "skills": skills,
            "shift": [int(opens * 3600), int(closes * 3600)], "max_minutes": int((closes - opens) * 60),
            "workload_minutes": int(max(0, rng.gauss(90, 70))),
        })
    able = {skill for person in volunteers for skill in person["skills"]}
    for number in range(visits):
        minutes, priority = rng.choices([(15, 3), (25, 5), (40, 8)], [7, 2, 1])[0]
        skill = rng.choices([None, 1, 2], [9, 1, 1])[0]
        window = rng.choices([(8, 18), (8, 12), (13.5, 18), (9, 11), (14, 16)], [60, 14, 11, 8, 7])[0]
        lat, lon = place(*somewhere())
        calls.append({
            "id": number, "lat": lat, "lon": lon, "service_s": minutes * 60, "priority": priority,
            "tw": [int(hour * 3600) for hour in window], "skill": skill if skill in able else None,
            "last_volunteer": first_person + rng.randrange(people) if rng.random() < 0.5 else None,
        })
    return volunteers, calls


def centres(villages, grids):
    """Grids lie three abreast in a village, villages four abreast in a town."""
    for village in range(villages):
        east, north = village % 4 * 8_800, village // 4 * 8_800
        yield from ((east + grid % 3 * 2_600, north + grid // 3 * 2_600) for grid in range(grids))


def day(name, villages, grids):
    rng = random.Random(name)
    volunteers, visits = [], []
    for centre in centres(villages, grids):
        some, calls = grid(rng, centre, rng.randint(5, 8), rng.randint(12, 60), len(volunteers))
        volunteers += some
        visits += [call | {"id": len(visits) + at} for at, call in enumerate(calls)]
    travel = {"model": "haversine", "detour": 1.3, "speed_kmh": 15.0}
    return {"name": name, "travel": travel, "volunteers": volunteers, "visits": visits}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grids", type=int, default=0, help="days of one grid")
    parser.add_argument("--villages", type=int, default=0, help="days of eight grids pooled")
    parser.add_argument("--towns", type=int, default=0, help="days of ten villages pooled, 80 grids")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    kinds = [("grid", arguments.grids, 1, 1), ("village", arguments.villages, 1, 8), ("town", arguments.towns, 10, 8)]
    for kind, count, villages, grids in kinds:
        for name in (f"{kind}-{number}" for number in range(count)):
            (arguments.out / f"{name}.json").write_text(json.dumps(day(name, villages, grids)))


if __name__ == "__main__":
    main()
