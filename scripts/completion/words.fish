# What operands and values are: one line each for what the repository holds.
function _oneleaf_refs
    printf 'HEAD\twhat is checked out\n'
    command git for-each-ref --format='%(refname:lstrip=2)%09%(refname)' \
        refs/heads refs/remotes refs/tags 2>/dev/null
end

function _oneleaf_upstream_refs
    printf 'upstream\tthe published branch\n'
    _oneleaf_refs
end

function _oneleaf_apps
    command git -c core.quotePath=false ls-files --full-name -- \
        ':(top,glob)**/migrations/__init__.py' 2>/dev/null |
        command sed -n 's|^\(.*/\)\{0,1\}\([^"/][^/]*\)/migrations/__init__\.py$|\2|p'
end

function _oneleaf_backups
    set -l common (command git rev-parse --git-common-dir 2>/dev/null)
    command ls "$common/oneleaf/backups" 2>/dev/null | command sed -n 's/\.json$//p'
end

# The command behind `--`, completed as by itself.
function _oneleaf_command
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words)
    or return
    set -e words[1..$at]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end
