// Package household has the screens of households: the list, the page of one with all that
// was written, the forms of its contact fields and of contributions, what the server
// refused of them, earlier values, and the sheet of all that is written about it. What is
// written of visits, petitions and consents has packages of its own, which the page opens.
package household
