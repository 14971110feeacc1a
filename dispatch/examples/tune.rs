#![allow(missing_docs, clippy::pedantic, clippy::unwrap_used, clippy::print_stderr)]
use gridward_dispatch::{format, routing};
use rayon::prelude::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (mode, amount): (&str, u64) = (&args[1], args[2].parse().unwrap());
    let weights = if std::env::var("GW_TIERS").is_ok() {
        let g = |n: &str, d: i64| std::env::var(n).ok().and_then(|t| t.parse().ok()).unwrap_or(d);
        let d = routing::Weights::default();
        routing::Weights {
            fairness: g("GW_FAIR", d.fairness),
            largest_share: g("GW_LARGE", d.largest_share),
            stranger: g("GW_STRANGER", d.stranger),
            ..d
        }
    } else {
        routing::Weights::TRAVEL
    };
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
        let s = routing::plan(&named.instance, weights, &budget, seed + 1).unwrap();
        let wall = cpu() - began;
        let inst = &named.instance;
        assert_eq!(routing::check(inst, &s), Ok(()), "{file}");
        let t = s.tiers(inst);
        let (travel, prio) = (t.travel, t.unserved_priority);
        let loads: Vec<f64> = s.loads(inst).iter().zip(&inst.volunteers).map(|(l, v)| (*l - v.carried as i64) as f64 / 60.0).collect();
        let routes: Vec<Vec<usize>> = s.routes.iter().map(|r| r.stops.iter().map(|s| s.visit).collect()).collect();
        let name = std::path::Path::new(file).file_stem().unwrap().to_str().unwrap().to_owned();
        format!("{{\"tag\":\"ours\",\"tiers\":{},\"loads\":{loads:?},\"instance\":\"{name}\",\"wall_s\":{wall},\"unass_prio\":{prio},\"travel\":{},\"unassigned\":{},\"routes\":{}}}", serde_json::to_string(&t).unwrap(), travel as f64 / named.per_second as f64, s.unserved.len(), serde_json::to_string(&routes).unwrap())
    }).collect();
    for o in out {
        println!("{o}");
    }
}
