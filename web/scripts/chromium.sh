#!/usr/bin/env bash
# Prints the path of Chromium; installs Debian's, with Chinese fonts, where it is missing.
set -euo pipefail
find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
if ! find_chromium; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  { $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk; } >&2 ||
    { echo "the phone app's tests need Chromium: apt-get install chromium fonts-noto-cjk" >&2; exit 1; }
  find_chromium
fi
