/** The map: numbered places, without tiles, which would need a network and tell others where. */
import L from 'leaflet';
import 'leaflet/dist/leaflet.css';

import type { Place } from '../core/api';
import { t } from '../core/i18n/index.svelte';

/** A numbered place. */
export interface Point {
  readonly place: Place;
  readonly label: string;
  readonly open: () => void;
}

/** Draws the places; the answer removes the map. */
export function draw(element: HTMLElement, points: readonly Point[], home: Place | undefined): () => void {
  const map = L.map(element, { attributionControl: false, zoomAnimation: false, zoomControl: false });
  L.control.zoom({ zoomInTitle: t('map.in'), zoomOutTitle: t('map.out') }).addTo(map);
  const at = ({ lat, lon }: Place): L.LatLngTuple => [lat, lon];
  for (const { place, label, open } of points) marker(label, '', label).addTo(map).on('click', open).setLatLng(at(place));
  if (home) marker(t('map.home_dot'), 'home', t('map.home')).addTo(map).setLatLng(at(home));
  const all = [...points.map(({ place }) => at(place)), ...(home ? [at(home)] : [])];
  if (points.length > 1) L.polyline(points.map(({ place }) => at(place)), { color: '#0B5AA8', weight: 3, dashArray: '6 8' }).addTo(map);
  if (all.length > 0) map.fitBounds(L.latLngBounds(all), { padding: [40, 40], maxZoom: 16 });
  else map.setView([29.3, 106.25], 10);
  return () => void map.remove();
}

function marker(label: string, more: string, title: string): L.Marker {
  const content = document.createElement('span');
  content.textContent = label;
  const icon = L.divIcon({ html: content, className: `dot ${more}`, iconSize: [44, 44] });
  return L.marker([0, 0], { icon, keyboard: true, title });
}
