// Package weather puts the bad line of a hamlet between real books and the real server
// process, and asks whether a day's work and a new phone's first sync still get through.
//
// Line is a proxy for TCP in this process. What it does to a connection, each way:
//
//   - Delay: every piece arrives half a round trip after it left; the first byte of a
//     connection waits for one round trip more, as for the handshake of TCP, which a proxy
//     that accepts at once would hide.
//   - Rate: pieces leave one after the other at so many bytes a second, for all connections
//     of the line together.
//   - Loss: TCP hides it from programs, which see only that nothing comes for a while. So a
//     piece that is "lost" (by a chance from the seed) costs its room on the line twice and
//     arrives a retransmission's pause later, and all behind it wait, since TCP hands bytes
//     over in order. The pause is two round trips, what a timer takes; a quick
//     retransmission would take one. Real loss also makes TCP send slower; that is not done.
//   - Cut: every so often all connections are reset; what was on its way is gone.
//   - Reply: a connection ends after so many bytes towards the phone, which the phone has.
//
// What stands between phone and proxy, and proxy and server, is loopback with its large
// buffers: a program may think that bytes have left which the line has yet to carry.
package weather
