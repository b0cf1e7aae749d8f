// Package handover tells what becomes of a household's book when another member is to look
// after it: real books, as the screens use them, against the real registry in one process.
// Each test is a story and asserts what each person reads on their own phone, and what the
// server keeps. Calls are made one at a time in a fixed order, so every story can be told
// again with any one of its calls lost. Nobody imports this package.
package handover
