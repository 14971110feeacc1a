"""The solvers: each takes a day, its file, the travel times and an amount, and returns routes and seconds."""

import json
import subprocess
import time
from pathlib import Path

# The cost of an unserved priority point, in seconds of travel.
UNSERVED = 10_000
GRIDWARD = Path(__file__).resolve().parents[2] / "target/release/gridward"


def gridward(day, file, ways, amount, objective="travel"):
    order = [GRIDWARD, "dispatch", "solve", file, "--time-ms", str(amount), "--threads", "1", "--objective", objective, "--json"]
    began = time.perf_counter()
    answer = json.loads(subprocess.run(order, check=True, capture_output=True).stdout)
    # The time of the whole process, input and output included.
    return [route["visits"] for route in answer["routes"]], time.perf_counter() - began


def gridward_tiers(day, file, ways, amount):
    return gridward(day, file, ways, amount, "tiers")


def vroom(day, file, ways, amount):
    import vroom as solver

    people = len(day["volunteers"])
    problem = solver.Input()
    problem.set_durations_matrix("car", ways.astype("uint32"))
    for number, person in enumerate(day["volunteers"]):
        problem.add_vehicle(solver.Vehicle(
            number, start=number, end=number, skills=set(person["skills"]), time_window=tuple(person["shift"])))
    for number, call in enumerate(day["visits"]):
        skills = set() if call["skill"] is None else {call["skill"]}
        problem.add_job(solver.Job(
            number, people + number, default_service=call["service_s"], skills=skills,
            priority=call["priority"], time_windows=[solver.TimeWindow(*call["tw"])]))
    began = time.perf_counter()
    found = problem.solve(amount, 1)
    took = time.perf_counter() - began
    routes = [[] for _ in day["volunteers"]]
    for _, step in found.routes.iterrows():
        if step["type"] == "job":
            routes[int(step["vehicle_id"])].append(int(step["id"]))
    return routes, took


def pyvrp(day, file, ways, amount):
    import pyvrp as solver

    people = len(day["volunteers"])
    places = day["volunteers"] + day["visits"]
    clients = [
        solver.Client(people + number, service_duration=call["service_s"], tw_early=call["tw"][0],
                      tw_late=call["tw"][1], prize=UNSERVED * call["priority"], required=False)
        for number, call in enumerate(day["visits"])
    ]
    profiles, far, kinds = {}, [], []
    for number, person in enumerate(day["volunteers"]):
        skills = tuple(sorted(person["skills"]))
        if skills not in profiles:
            profiles[skills] = len(far)
            barred = ways.copy()
            for at, call in enumerate(day["visits"]):
                if call["skill"] is not None and call["skill"] not in skills:
                    barred[:, people + at] = 200_000
                    barred[people + at, people + at] = 0
            far.append(barred)
        kinds.append(solver.VehicleType(
            1, start_depot=number, end_depot=number, tw_early=person["shift"][0], tw_late=person["shift"][1],
            unit_distance_cost=1, profile=profiles[skills]))
    problem = solver.ProblemData(
        [solver.Location(place["lon"], place["lat"]) for place in places], clients,
        [solver.Depot(number) for number in range(people)], kinds, far, far)
    began = time.perf_counter()
    found = solver.solve(problem, solver.stop.MaxRuntime(amount / 1000), seed=1, collect_stats=False, display=False)
    took = time.perf_counter() - began
    routes = [[] for _ in day["volunteers"]]
    for route in found.best.routes():
        routes[route.vehicle_type()] = [stop.idx for stop in route if stop.is_client()]
    return routes, took


SOLVERS = {"gridward": gridward, "gridward-tiers": gridward_tiers, "vroom": vroom, "pyvrp": pyvrp}
