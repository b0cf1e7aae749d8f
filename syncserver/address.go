package main

import (
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sodanvan/shared/seal"
)

// loopbackAddr tells whether a listen address can be reached from this machine only.
// A name other than localhost is not looked up: what it means may change.
func loopbackAddr(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// boundToLoopback checks what the machine made of it.
func boundToLoopback(ln net.Listener) bool {
	tcp, ok := ln.Addr().(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// localHosts are the names and addresses of this machine, the likeliest first: what phones
// in the same network reach it by, then its name, then loopback.
func localHosts() []string {
	var v4, v6 []string
	addrs, _ := net.InterfaceAddrs() // none is as good as an error
	for _, a := range addrs {
		ipnet, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(ipnet.IP)
		if ip = ip.Unmap(); !ok || !ip.IsGlobalUnicast() {
			continue
		}
		if ip.Is4() {
			v4 = append(v4, ip.String())
		} else {
			v6 = append(v6, ip.String())
		}
	}
	hosts := append(v4, v6...)
	if name, err := os.Hostname(); err == nil {
		// A name that is no proper host name is of no use to a phone.
		if _, err := seal.ParseAddress("https://" + strings.ToLower(name)); err == nil {
			hosts = append(hosts, strings.ToLower(name))
		}
	}
	return append(hosts, "localhost", "127.0.0.1", "::1")
}

// publicAddress is what invitations carry: --address, else the first host with the port.
func publicAddress(explicit string, hosts []string, port int, plain bool) (string, error) {
	a := explicit
	if a == "" {
		scheme, usual := "https", 443
		if plain {
			scheme, usual = "http", 80
		}
		host := hosts[0]
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		if port != usual {
			host += ":" + strconv.Itoa(port)
		}
		a = scheme + "://" + host
	}
	clean, err := seal.ParseAddress(a)
	if err != nil {
		return "", sayWhy(err, "Địa chỉ %s không dùng được; hãy viết dạng https://tên-máy:cổng, chữ thường không dấu.", a)
	}
	return clean, nil
}

// cleanHosts checks the names for the certificate.
func cleanHosts(hosts []string) ([]string, error) {
	var out []string
	for _, h := range hosts {
		h = strings.ToLower(strings.Trim(strings.TrimSpace(h), "[]"))
		inURL := h
		if strings.Contains(h, ":") {
			inURL = "[" + h + "]"
		}
		u, err := url.Parse("https://" + inURL)
		if err == nil && u.Port() != "" {
			err = strconv.ErrSyntax
		}
		if err == nil {
			_, err = seal.ParseAddress("https://" + inURL)
		}
		if err != nil {
			return nil, sayWhy(err, "Tên máy %q trong --host không dùng được; hãy viết tên hoặc địa chỉ IP, không kèm https:// và cổng.", h)
		}
		if !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out, nil
}

// savedAddress is the address that serve wrote down, "" if it never ran.
func savedAddress(dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, addressFile))
	if err != nil {
		return ""
	}
	a, err := seal.ParseAddress(string(b))
	if err != nil {
		return ""
	}
	return a
}
