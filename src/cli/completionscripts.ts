import type { SHELLS } from './completion.ts';

const bash = `\
# Completes promptaudit's command lines in bash: eval "$(promptaudit completion bash)"
_promptaudit() {
  local line=\${COMP_LINE:0:COMP_POINT} before= words word
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local current=\${words[\${#words[@]}-1]}
  # To bash an @ begins a word, and only that word is put in its place.
  [[ $COMP_WORDBREAKS == *@* && $current == *@* ]] && before=\${current%@*}
  COMPREPLY=()
  while IFS= read -r word; do
    COMPREPLY+=("\${word#"$before"}")
  done < <("$1" completion bash -- "\${words[@]:1}" 2> /dev/null)
}
complete -o default -F _promptaudit promptaudit`;

const zsh = `\
# Completes promptaudit's command lines in zsh: eval "$(promptaudit completion zsh)"
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
_promptaudit() {
  local -a found
  found=("\${(@f)$("\${words[1]}" completion zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2> /dev/null)}")
  if [[ -n $found ]]; then compadd -a found; else _default; fi
}
compdef _promptaudit promptaudit`;

const fish = `\
# Completes promptaudit's command lines in fish: promptaudit completion fish | source
function __promptaudit_words
    set -l line (commandline -opc)
    set -l current (commandline -ct | string replace -r '^["\\']' '')
    set -l found ($line[1] completion fish -- $line[2..] "$current" 2> /dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c promptaudit -f -a '(__promptaudit_words)'`;

/** What each shell is to run, so that it asks `promptaudit completion` at the tab key. */
export const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = { bash, zsh, fish };
