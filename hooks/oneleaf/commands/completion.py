"""``oneleaf completion``: the script by which a shell asks ``oneleaf complete`` at TAB."""

import sys

from oneleaf import arguments
from oneleaf.arguments import Options, Verb
from oneleaf.errors import OneleafError

# bash splits words at `=` and `:` too, and replaces the last part alone, which is $2;
# `read` gives whole words, without their backslashes. bash 3.2 has no compopt.
_BASH = r"""
_oneleaf() {
  local line=${COMP_LINE:0:COMP_POINT} part=${2//\\/} words=() word name
  IFS=$' \t\n' read -d '' -a words <<<"$line"
  [[ $line == *[^\\][[:blank:]] ]] && words+=('')
  word=${words[${#words[@]} - 1]}
  COMPREPLY=()
  while IFS=$'\t' read -r name _; do
    case $name in
      :files | :arguments) compopt -o default ;;
      :folders) compopt -o dirnames ;;
      :command) COMPREPLY=($(compgen -c -- "$2")) ;;
      "$word"*) COMPREPLY+=("$(printf %q "${name#"${word%"$part"}"}")") ;;
    esac
  done < <(command oneleaf complete -- "${words[@]:1}")
} 2>/dev/null
complete $( ((BASH_VERSINFO < 4)) && echo -o default) -F _oneleaf oneleaf
"""

_ZSH = r"""#compdef oneleaf
_oneleaf() {
  local name text
  local -a found
  while IFS=$'\t' read -r name text; do
    case $name in
      (:files) compset -P '--*='; _files; return ;;
      (:folders) _files -/; return ;;
      (:command|:arguments)
        integer ended=${words[(i)--]}
        shift $ended words; (( CURRENT -= ended )); _normal; return ;;
      (*) found+=("${name//:/\\:}${text:+:$text}") ;;
    esac
  done < <(command oneleaf complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
  _describe oneleaf found
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _oneleaf "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
  compdef _oneleaf oneleaf
fi
"""

_FISH = r"""
function __oneleaf
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for row in (command oneleaf complete -- $words[2..] "$word" 2>/dev/null)
        switch $row
            case :files
                complete -C "'' $word" # a command that knows nothing but files
            case :folders
                __fish_complete_directories $word
            case :command :arguments
                set -e words[1..(contains -i -- -- $words)]
                complete -C (string join ' ' -- (string escape -- $words) "$word")
            case '*'
                echo $row
        end
    end
end
complete -c oneleaf -f -a '(__oneleaf)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}

VERB = Verb(
    "completion",
    "bash|zsh|fish",
    "Prints the script that completes verbs, options and their values, refs, apps and"
    " files in a shell. A line in the shell's own start-up file runs it.",
    (),
    (
        ("oneleaf completion bash", 'in ~/.bashrc: eval "$(oneleaf completion bash)"'),
        (
            "oneleaf completion zsh",
            'in ~/.zshrc, below compinit: eval "$(oneleaf completion zsh)"',
        ),
        (
            "oneleaf completion fish",
            "in ~/.config/fish/config.fish: oneleaf completion fish | source",
        ),
    ),
)


def run(options: Options) -> int:
    """Prints the script; 0. Raises OneleafError where no shell is named, or several."""
    if len(options.operands) != 1:
        raise OneleafError("oneleaf completion needs a shell: bash, zsh or fish")
    shell = options.operands[0]
    if shell not in SCRIPTS:
        raise OneleafError(
            f"oneleaf completion knows no shell {shell!r}"
            f"{arguments.meant(shell, SCRIPTS)}; it knows {', '.join(SCRIPTS)}"
        )
    sys.stdout.write(SCRIPTS[shell].lstrip())
    return 0
