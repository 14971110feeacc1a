#![allow(missing_docs, clippy::pedantic, clippy::unwrap_used, clippy::print_stderr)]
use gridward_dispatch::{format, routing};
use rayon::prelude::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (mode, amount): (&str, u64) = (&args[1], args[2].parse().unwrap());
    let weights = if std::env::var("GW_TIERS").is_ok() { routing::Weights::default() } else { routing::Weights::TRAVEL };
    let threads: usize = std::env::var("GW_THREADS").ok().and_then(|t| t.parse().ok()).unwrap_or(1);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().unwrap();
    let seeds: u64 = std::env::var("GW_SEEDS").ok().and_then(|t| t.parse().ok()).unwrap_or(1);
    let out: Vec<String> = args[3..].iter().flat_map(|f| (0..seeds).map(move |s| (f, s))).collect::<Vec<_>>().par_iter().map(|&(file, seed)| {
        let text = std::fs::read_to_string(file).unwrap();
        let named = if file.ends_with(".json") { format::neutral::read(&text) } else { format::solomon::read(&text) }.unwrap();
        let cpu = || -> f64 { let t = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap(); t.split(' ').next().unwrap().parse::<f64>().unwrap() * 1e-9 };
        let began = cpu();
        let clock = || (cpu() - began) * 1e3 / amount as f64;
        let budget = if mode == "ms" { routing::Budget::Until(&clock) } else { routing::Budget::Iterations(amount) };
        let s = routing::search(&named.instance, weights, &budget, seed + 1);
        let wall = cpu() - began;
        let inst = &named.instance;
        let mut travel = 0i64;
        let mut k = 0; let mut loads = vec![];
        for (v, who) in inst.volunteers.iter().enumerate() { let mut load = 0i64; for _ in &who.shifts {
            let r = &s.routes[k]; k += 1; let mut at = v;
            for &j in r { travel += inst.travel[0].way(at, inst.place(j as usize)) as i64; load += inst.travel[0].way(at, inst.place(j as usize)) as i64 + inst.visits[j as usize].service as i64; at = inst.place(j as usize); }
            if !r.is_empty() { travel += inst.travel[0].way(at, v) as i64; load += inst.travel[0].way(at, v) as i64; }
        } loads.push(load); }
        let prio: i32 = s.unserved.iter().map(|&j| inst.visits[j as usize].priority).sum();
        let name = std::path::Path::new(file).file_stem().unwrap().to_str().unwrap().to_owned();
        format!("{{\"tag\":\"ours\",\"instance\":\"{name}\",\"wall_s\":{wall},\"unass_prio\":{prio},\"travel\":{},\"unassigned\":{},\"routes\":{}}}", travel as f64 / named.per_second as f64, s.unserved.len(), serde_json::to_string(&s.routes).unwrap())
    }).collect();
    for o in out { println!("{o}"); }
}
