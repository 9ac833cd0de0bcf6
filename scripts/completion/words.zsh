# What operands and values are: what the repository holds.
_oneleaf_refs() {
  local -a found=(HEAD ${(f)"$(command git for-each-ref \
    --format='%(refname:lstrip=2)' refs/heads refs/remotes refs/tags 2>/dev/null)"})
  compadd "$@" -a -- found
}

_oneleaf_upstream_refs() {
  compadd "$@" -- upstream
  _oneleaf_refs "$@"
}

_oneleaf_apps() {
  local -a found=(${(f)"$(command git -c core.quotePath=false ls-files --full-name -- \
    ':(top,glob)**/migrations/__init__.py' 2>/dev/null |
    command sed -n 's|^\(.*/\)\{0,1\}\([^"/][^/]*\)/migrations/__init__\.py$|\2|p')"})
  compadd "$@" -a -- found
}

_oneleaf_backups() {
  local -a found=(${(f)"$(command ls \
    "$(command git rev-parse --git-common-dir 2>/dev/null)/oneleaf/backups" \
    2>/dev/null | command sed -n 's/\.json$//p')"})
  compadd "$@" -a -- found
}

# The command behind `--`, completed as by itself.
_oneleaf_command() {
  _normal
}
