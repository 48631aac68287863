# bash completion for tfxc: options and passes are asked from tfxc itself.
_tfxc()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} tfxc=${COMP_WORDS[0]}
    local options="-o --emit= --name= --weights= --target= --tuning= --threads= --dispatch --taps --trace --self-test --report -MD -D -I --model= --weights-from=
        --random-weights --entry= --call= --script= --alphabet= --length= --json --why= --semantics= --inputs= --interpret --tol= --budget= --seed= -O --dump= --dump-all= --stop-after= --skip=
        --run= --check-passes --print-passes --print-ops --print-targets --ram= --flash= --error-format= --color= -Werror
        -Wno- --help --version"
    [ "$cur" != = ] || cur=
    if [ "$prev" = = ] && [ "$COMP_CWORD" -ge 2 ]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi
    COMPREPLY=()
    case $prev in
    --emit) COMPREPLY=($(compgen -W "c ir plan json tfx" -- "$cur")); return ;;
    --semantics) COMPREPLY=($(compgen -W "program model" -- "$cur")); return ;;
    --target) COMPREPLY=($(compgen -W "portable x86-64-v3 x86-64-v4 native" -- "$cur")); return ;;
    --report) COMPREPLY=($(compgen -W "text html json" -- "$cur")); return ;;
    --weights) COMPREPLY=($(compgen -W "inline tables incbin blob object" -- "$cur")); return ;;
    --error-format) COMPREPLY=($(compgen -W "text json" -- "$cur")); return ;;
    --color) COMPREPLY=($(compgen -W "auto always never" -- "$cur")); return ;;
    -O) COMPREPLY=($(compgen -W "0 1 2 3" -- "$cur")); return ;;
    -I | --dump-all) COMPREPLY=($(compgen -d -- "$cur")); return ;;
    --dump | --stop-after | --skip | --run)
        COMPREPLY=($(compgen -W "$("$tfxc" --print-passes 2>/dev/null | cut -d' ' -f1)" -- "$cur")); return ;;
    esac
    case $cur in
    -*) COMPREPLY=($(compgen -W "$options" -- "$cur"))
        case ${COMPREPLY[0]-} in *=) compopt -o nospace 2>/dev/null ;; esac ;;
    *) COMPREPLY=($(compgen -f -- "$cur"))
       [ "$COMP_CWORD" != 1 ] || COMPREPLY+=($(compgen -W "run verify bench tune equiv trace" -- "$cur")) ;;
    esac
}
complete -F _tfxc tfxc
