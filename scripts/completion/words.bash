# What operands and values are: one line each for what the repository holds. Never
# `compgen -W`, which would run a branch called `$(command)`.
_oneleaf_matching() { # $1: the word so far; standard input: a name on each line
  local name
  while IFS= read -r name; do
    [[ $name == "$1"* ]] && printf '%q\n' "$name"
  done
}

_oneleaf_refs() {
  {
    echo HEAD
    command git for-each-ref --format='%(refname:lstrip=2)' \
      refs/heads refs/remotes refs/tags 2>/dev/null
  } | _oneleaf_matching "$1"
}

_oneleaf_upstream_refs() {
  echo upstream | _oneleaf_matching "$1"
  _oneleaf_refs "$1"
}

_oneleaf_apps() {
  command git -c core.quotePath=false ls-files --full-name -- \
    ':(top,glob)**/migrations/__init__.py' 2>/dev/null |
    command sed -n 's|^\(.*/\)\{0,1\}\([^"/][^/]*\)/migrations/__init__\.py$|\2|p' |
    _oneleaf_matching "$1"
}

_oneleaf_backups() {
  command ls "$(command git rev-parse --git-common-dir 2>/dev/null)/oneleaf/backups" \
    2>/dev/null | command sed -n 's/\.json$//p' | _oneleaf_matching "$1"
}

_oneleaf_command() {
  if [[ ${COMP_WORDS[COMP_CWORD - 1]} == -- ]]; then
    compgen -c -- "$1"
  else
    compgen -f -- "$1"
  fi
}

# The words as the functions below read them: bash splits `--name=value` at the "="
# (COMP_WORDBREAKS), and behind a `--` nothing is an option of oneleaf any more.
_oneleaf() {
  local -a words=()
  local index word ended=
  COMPREPLY=()
  for ((index = 0; index <= COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    if [[ $word == = && ${COMP_WORDS[index - 1]} == --?* && ! $ended ]]; then
      ((index < COMP_CWORD)) && continue
      word=
    elif [[ $ended && $word == -* ]] && ((index < COMP_CWORD)); then
      word=_
    elif [[ $word == -- ]] && ((index < COMP_CWORD)); then
      ended=1
    fi
    words+=("$word")
  done
  [[ $ended && $word == -* ]] && return
  local -a COMP_WORDS=("${words[@]}")
  local COMP_CWORD=$((${#words[@]} - 1))
  if [[ ${words[1]} == db && $ended && ${words[COMP_CWORD - 1]} != -- ]]; then
    compopt -o filenames 2>/dev/null # the command's own words: see _oneleaf_command
  fi
  _shtab_oneleaf
}
