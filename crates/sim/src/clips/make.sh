#!/usr/bin/env bash
# Made the clips of this folder once, with espeak-ng 1.51 and sox 14.4. Mono, 24 kHz, 16 bits.
set -euo pipefail
cd "$(dirname "$0")"

clip() { # clip NAME VOICE PITCH WORDS
    espeak-ng -v "$2" -p "$3" -s 165 --stdout "$4" |
        sox -t wav - -r 24000 -b 16 -c 1 "$1.wav" norm -6 silence 1 0.01 0.5% reverse silence 1 0.01 0.5% reverse
}

agent() { clip "$1" en-us+f3 50 "$2"; }
caller() { clip "$1" en-gb+m3 40 "$2"; }

agent greeting "Hello, this is Parlor. How can I help you today?"
agent answer-hours "We are open from nine to five, Monday to Friday."
agent answer-table "A table for two tonight at eight is booked."
agent answer-sorry "Of course. What else can I do for you?"
agent answer-bye "You are welcome. Have a good day!"
caller caller-hours "What are your opening hours?"
caller caller-table "I would like to book a table for two."
caller caller-stop "Stop, wait a moment, please."
caller caller-bye "Thank you, goodbye."
caller caller-long "Let me tell you a rather long story about a lighthouse keeper, who every evening climbed one hundred and twenty steps and lit the great lamp."
