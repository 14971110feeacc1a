/** Positions. All are WGS-84. */
import type { Place } from './api';

/** Metres between two places, on a sphere. */
export function distance(a: Place, b: Place): number {
  const radians = Math.PI / 180;
  const [lat1, lat2] = [a.lat * radians, b.lat * radians];
  const sinLat = Math.sin((lat2 - lat1) / 2);
  const sinLon = Math.sin(((b.lon - a.lon) * radians) / 2);
  return 2 * 6_371_000 * Math.asin(Math.sqrt(sinLat * sinLat + Math.cos(lat1) * Math.cos(lat2) * sinLon * sinLon));
}

/** A distance rounded as a cell of 500 m allows: to 500 m, from 10 km to 1 km. */
export function rough(metres: number): { readonly km: number; readonly m: number } {
  const step = metres < 10_000 ? 500 : 1000;
  const rounded = Math.max(500, Math.round(metres / step) * step);
  return { km: rounded / 1000, m: rounded };
}

/** The ways to hand a position to a map app; each app gets 目的地, never a name. */
export function navigation(place: Place, agent: string): { readonly name: 'amap' | 'baidu' | 'other' | 'web'; readonly url: string }[] {
  const { lat, lon } = place;
  const ios = /iPhone|iPad/.test(agent);
  const target = encodeURIComponent('目的地');
  const amap = ios
    ? `iosamap://path?sourceApplication=gridward&dlat=${lat}&dlon=${lon}&dname=${target}&dev=1&t=2`
    : `androidamap://navi?sourceApplication=gridward&lat=${lat}&lon=${lon}&dev=1&style=2`;
  const baidu = `${ios ? 'baidumap' : 'bdapp'}://map/direction?destination=latlng:${lat},${lon}|name:${target}&coord_type=wgs84&mode=walking&src=gridward`;
  const web = `https://uri.amap.com/marker?position=${lon},${lat}&name=${target}&coordinate=wgs84&callnative=1`;
  return [
    { name: 'amap', url: amap },
    { name: 'baidu', url: baidu },
    { name: 'other', url: ios ? `https://maps.apple.com/?daddr=${lat},${lon}` : `geo:${lat},${lon}?q=${lat},${lon}` },
    { name: 'web', url: web },
  ];
}
