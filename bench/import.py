#!/usr/bin/env python3
"""Imports a district of the size of the demo's over the API and with the command line, side by
side, then prints the invitations of all its managers.

    bench/import.py                                  SQLite
    tests/with-postgres bench/import.py --postgres   SQLite and PostgreSQL

The same files are loaded into an empty district each time. The time over the API is from the first
byte of the upload to the answer that says `applied`. Another binary than the release:
--binary target/quick/gridward.
"""
import argparse, json, pathlib, re, statistics, sys, tempfile, time, uuid

import installation
from installation import Caller, Installation

DISTRICT, ADMIN, PASSWORD = "500116", "13900000001", "bench-of-imports-7"
FILES = {"areas": "csv", "grids": "geojson", "people": "csv", "beneficiaries": "csv"}
VILLAGES, GRIDS, VOLUNTEERS, BENEFICIARIES = 479, 5, 8, 26  # 2,395 grids; the last two of each


def uid(kind, number):
    return str(uuid.UUID(int=0x018CC7AF000070008000000000000000 + (kind << 64 & 0xFFFF << 64) + number))


def id_number(number):
    """An ID number of no place, with its check character (GB 11643)."""
    digits = f"999999{1930 + number // 300_000:04}{number // 25_000 % 12 + 1:02}{number // 1_000 % 25 + 1:02}{number % 1_000:03}"
    return digits + "10X98765432"[sum(int(digit) * (1 << 17 - at) for at, digit in enumerate(digits)) % 11]


def write(folder):
    """Files of a made-up district."""
    areas = ["code,level,name,parent,lat,lon", f"{DISTRICT},district,江津区,,29.0,106.0"]
    people = ["id,role,name,gender,birth_year,phone,area,lat,lon,skills,weekly_minutes,availability"]
    homes = ["id,grid,name,gender,birth_year,category,lat,lon,address,phone,id_number,hardship,lives_alone,mobility,contact,plaque,last_contact"]
    features, person, home = [], 0, 0
    for village in range(VILLAGES):
        town = f"{DISTRICT}{village // 16 + 1:03}"
        code = f"{town}{village % 16 + 1:03}"
        if village % 16 == 0:
            areas.append(f"{town},town,第{town[6:]}镇,{DISTRICT},29.0,106.0")
        areas.append(f"{code},village,第{code[9:]}村,{town},29.0,106.0")
        for number in range(GRIDS):
            grid = f"{code}{number + 1:03}"
            west, south = 106 + number * 0.01, 29 + village * 0.001
            lat, lon = f"{south + 0.0005:.5f}", f"{west + 0.005:.5f}"
            areas.append(f"{grid},grid,第{number + 1}网格,{code},{lat},{lon}")
            east, north = round(west + 0.01, 5), round(south + 0.001, 5)
            ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
            features.append({"type": "Feature", "properties": {"code": grid}, "geometry": {"type": "Polygon", "coordinates": [ring]}})
            for n in range(1 + VOLUNTEERS):
                role = "volunteer" if n else "manager"
                person += 1
                people.append(f"{uid(1, person)},{role},王第{person % 97}人,F,1980,138{person:08},{grid},{lat},{lon},driving,600,mon 0900-1700;wed 0900-1700")
            for _ in range(BENEFICIARIES):
                home += 1
                homes.append(f"{uid(2, home)},{grid},李第{home % 89}户,M,1950,veteran,{lat},{lon},{home}号,137{home:08},{id_number(home)},,0,full,phone,hung,")
    lines = {"areas": areas, "people": people, "beneficiaries": homes}
    for name, content in lines.items():
        (folder / f"{name}.csv").write_text("\n".join(content) + "\n")
    (folder / "grids.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return len(people) - 1, home


def form(folder):
    edge, body = "end-of-a-part", b""
    for name, kind in FILES.items():
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.{kind}"\r\n\r\n'
        body += head.encode() + (folder / f"{name}.{kind}").read_bytes() + b"\r\n"
    return body + f"--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def admin(empty, base):
    """The admin of the empty district, enrolled with the printed code."""
    printed = empty.run("user", "add", "--role", "admin", "--area", DISTRICT, "--name", "管理员", "--phone", ADMIN)
    code = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", printed).group()
    enrolment = {"phone": ADMIN, "code": code, "password": PASSWORD, "device": {"name": "bench", "kind": "console"}}
    return Caller(base, json.loads(Caller(base).call("POST", "/v1/auth/enrol", enrolment))["access_token"])


def over_api(empty, folder):
    """Seconds of an import and of the sheets of all managers, and the sheets' megabytes."""
    with empty.served() as (_, base):
        caller = admin(empty, base)
        body, content_type = form(folder)
        began = time.perf_counter()
        sent = caller.call("POST", "/v1/imports?mode=apply", body, content_type, want=202)
        path = f"/v1/imports/{json.loads(sent)['id']}"
        while (answer := json.loads(caller.call("GET", path)))["state"] == "running":
            time.sleep(0.05)
        if answer["state"] != "applied":
            sys.exit(json.dumps(answer, ensure_ascii=False)[:1500])
        imported = time.perf_counter() - began
        began = time.perf_counter()
        sheets = caller.call("POST", "/v1/people/invitations/sheets", {"role": "manager"})
        return imported, time.perf_counter() - began, len(sheets) / 1e6


def with_command(empty, folder):
    """Seconds of an import with the command line."""
    began = time.perf_counter()
    empty.run("import", str(folder))
    return time.perf_counter() - began


def compare(name, binary, folder, rounds, database):
    command, api, sheets = [], [], []
    for number in range(rounds):
        for way in ("command", "API") if number % 2 else ("API", "command"):
            with database() as address, tempfile.TemporaryDirectory() as temp:
                empty = Installation(binary, address, pathlib.Path(temp), GRIDWARD_SECOND_FACTOR="off")
                empty.run("district", "add", "--code", DISTRICT, "--name", "江津区", "--lat", "29.0", "--lon", "106.0")
                if way == "command":
                    command.append(with_command(empty, folder))
                else:
                    imported, printed, size = over_api(empty, folder)
                    api.append(imported)
                    sheets.append(printed)
    command, api, sheets = map(statistics.median, (command, api, sheets))
    print(f"{name:12} command line {command:6.2f} s   API {api:6.2f} s ({api / command:.2f} of it)   invitations {sheets:6.2f} s, {size:.1f} MB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    installation.add_options(parser)
    options = parser.parse_args()
    binary = installation.binary(options)
    with tempfile.TemporaryDirectory() as temp:
        people, homes = write(pathlib.Path(temp))
        print(f"{VILLAGES * GRIDS} grids, {people} people, {homes} beneficiaries", flush=True)
        for name, database in installation.databases(options).items():
            compare(name, binary, pathlib.Path(temp), options.rounds, database)


if __name__ == "__main__":
    sys.exit(main())
