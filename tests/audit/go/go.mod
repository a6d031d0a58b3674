module toldonce/checker

go 1.17

require golang.org/x/mod v0.14.0
