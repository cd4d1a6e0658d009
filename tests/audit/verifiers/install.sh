#!/bin/sh
# Fetches the programs of others that check our log in the tests, and touches nothing of the system:
#   litetlog (Debian trixie)  spicy-litetlog: proofs of single entries
#   torchwood (Debian sid)    litewitness, witnessctl: a witness
#   rekor-verifier (PyPI)     inclusion and consistency; it wants older libraries than ours, so a venv of its own
# apt checks Debian's signatures as it does for the system, in a root of its own; packages are unpacked, not installed.
#   install.sh FOLDER         FOLDER/bin holds the programs afterwards, FOLDER/rekor the venv
set -eu

HERE=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
FOLDER=$1
KEYRING=${BUREAU_DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
STAMP=$(cat "$HERE/requirements.lock" "$HERE/install.sh" | sha256sum | cut -c1-64)
mkdir -p "$(dirname -- "$FOLDER")"
exec 8>"$FOLDER.lock"
flock 8   # two first runs at once: the second finds the work done
[ -e "$FOLDER/stamp" ] && [ "$(cat "$FOLDER/stamp")" = "$STAMP" ] && exit 0

# The archive that this machine uses already: the one with the release it runs.
mirror() {
    [ -n "${BUREAU_DEBIAN_MIRROR:-}" ] && { echo "$BUREAU_DEBIAN_MIRROR"; return; }
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    found=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null \
        | awk -v codename="$codename" '$1 == codename && $2 ~ /debian\/?$/ { print $2; exit }')
    [ -n "$found" ] || {
        echo "install.sh: apt names no Debian archive of $codename here; give one in BUREAU_DEBIAN_MIRROR" >&2
        exit 2
    }
    echo "$found"
}

rm -rf "$FOLDER"
mkdir -p "$FOLDER/apt/lists/partial" "$FOLDER/apt/archives/partial" "$FOLDER/bin"
FOLDER=$(CDPATH= cd -- "$FOLDER" && pwd -P)
archive=$(mirror)
for suite in trixie sid; do
    echo "deb [signed-by=$KEYRING] $archive $suite main"
done >"$FOLDER/apt/sources.list"
: >"$FOLDER/apt/status"

private_apt() {
    apt-get -q -o Dir::Etc::sourcelist="$FOLDER/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$FOLDER/apt/lists" -o Dir::State::status="$FOLDER/apt/status" \
        -o Dir::Cache="$FOLDER/apt" -o Dir::Cache::archives="$FOLDER/apt/archives" \
        -o APT::Sandbox::User= -o Acquire::Languages=none \
        -o APT::Get::AllowUnauthenticated=false -o Acquire::AllowInsecureRepositories=false "$@"
}

cd "$FOLDER/apt"
private_apt update
private_apt download litetlog/trixie torchwood/sid
for package in litetlog_*.deb torchwood_*.deb; do
    dpkg-deb -x "$package" "$FOLDER/${package%%_*}"
done
ln -s ../litetlog/usr/bin/spicy-litetlog ../torchwood/usr/bin/litewitness ../torchwood/usr/bin/witnessctl "$FOLDER/bin/"
cd /
rm -rf "$FOLDER/apt"   # 60 MB of lists

"${PYTHON:-python3}" -m venv "$FOLDER/rekor"
"$FOLDER/rekor/bin/python" -m pip --disable-pip-version-check -q install --require-hashes -r "$HERE/requirements.lock"
echo "$STAMP" >"$FOLDER/stamp"
