_gtc_complete() {
    # bash splits words at the characters in COMP_WORDBREAKS; a word of `gtc` ends at a space
    local rest=${COMP_LINE:0:COMP_POINT} words=() last=-1 i part
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if ((last < 0)) || [[ $rest == [[:blank:]]* ]]; then
            rest=${rest#"${rest%%[![:blank:]]*}"}
            ((++last))
            words[last]=
        fi
        part=${COMP_WORDS[i]}
        ((i == COMP_CWORD)) && part=$rest
        words[last]+=$part
        rest=${rest#"$part"}
    done
    # bash replaces only its own word, which is the end of this one
    local kept=${words[last]%"$2"} value
    COMPREPLY=()
    while IFS= read -r value; do
        COMPREPLY+=("${value#"$kept"}")
    done < <(GTC_COMPLETE=bash gtc -- "${words[@]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o bashdefault -o default -F _gtc_complete gtc
