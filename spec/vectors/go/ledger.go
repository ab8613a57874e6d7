// Command ledger writes ../ledger-go.json: trees, proofs, tiles, notes and
// checkpoints as Go's golang.org/x/mod/sumdb/{tlog,note} makes and judges them.
// Everything in it is fixed, so that every run writes the same bytes.
//
// Go names tiles by another path than tlog-tiles: `tile/8/<L>/<N>` for
// `tile/<L>/<N>`, the 8 being the tiles' height, and `tile/8/data/<N>` for
// `tile/entries/<N>`. Here all are written as tlog-tiles does.
//
// It takes a few seconds. With Debian's golang-go and golang-golang-x-mod-dev, in this directory:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run ledger.go > ../ledger-go.json
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type object = map[string]interface{}

const origin = "audit.example.com/org_7f3k"

func main() {
	log.SetFlags(0)
	signer, verifier, keys := makeKeys()
	roots, levels, stored := makeTrees()
	events, texts := makeLog(signer)
	out := object{
		"about":  "Written by go/ledger.go with golang.org/x/mod/sumdb/{tlog,note}. Leaf i of a tree is the text `entry <i>`.",
		"keys":   keys,
		"signed": makeNotes(signer, verifier),
		"opened": judgeNotes(signer, verifier),
		"roots":  roots,
		"levels": levels,
		"tiles":  makeTiles(stored),
		"paths":  judgePaths(),
		"proofs": makeProofs(stored),
		"log":    events,
		"texts":  texts,
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	check(encoder.Encode(out))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func seedOf(label string) [32]byte { return sha256.Sum256([]byte("seed of " + label)) }

// makeKeys makes a few keys; Go must accept each private and public form.
func makeKeys() (map[string]note.Signer, map[string]note.Verifier, []object) {
	signers, verifiers := map[string]note.Signer{}, map[string]note.Verifier{}
	var list []object
	for _, name := range []string{origin, "witness.example.org", "Ünïcode/schlüssel", "x"} {
		seed := seedOf(name)
		private := ed25519.NewKeyFromSeed(seed[:])
		vkey, err := note.NewEd25519VerifierKey(name, private.Public().(ed25519.PublicKey))
		check(err)
		id := strings.Split(vkey, "+")[1]
		skey := "PRIVATE+KEY+" + name + "+" + id + "+" + b64(append([]byte{1}, seed[:]...))
		signers[name], err = note.NewSigner(skey)
		check(err)
		verifiers[name], err = note.NewVerifier(vkey)
		check(err)
		list = append(list, object{"name": name, "seed": hex.EncodeToString(seed[:]), "private": skey, "verifier": vkey})
	}
	return signers, verifiers, list
}

// makeNotes signs texts of several shapes, each with one key.
func makeNotes(signers map[string]note.Signer, verifiers map[string]note.Verifier) []object {
	texts := []string{
		"one line\n",
		"\n",
		"two\n\nparagraphs\n",
		"ends in a blank line\n\n",
		"— looks like a signature\n",
		"Grüße, 世界\u2028\u00a0\n",
		origin + "\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		origin + "\n18446744073709551615\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
		origin + "\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nan extension\nanother 2\n",
	}
	var list []object
	for _, name := range []string{origin, "Ünïcode/schlüssel"} {
		for _, text := range texts {
			signed, err := note.Sign(&note.Note{Text: text}, signers[name])
			check(err)
			_, err = note.Open(signed, note.VerifierList(verifiers[name]))
			check(err)
			list = append(list, object{"key": name, "text": text, "note": string(signed)})
		}
	}
	return list
}

// judgeNotes breaks a note in many ways and records whether Go opens it when
// it knows the keys of the origin and of the witness.
func judgeNotes(signers map[string]note.Signer, verifiers map[string]note.Verifier) []object {
	text := origin + "\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	line := func(name string) string {
		signed, err := note.Sign(&note.Note{Text: text}, signers[name])
		check(err)
		return strings.TrimPrefix(string(signed), text+"\n")
	}
	log, witness, stranger := line(origin), line("witness.example.org"), line("x")
	good := text + "\n" + log
	sig := strings.Fields(log)[2]
	known := note.VerifierList(verifiers[origin], verifiers["witness.example.org"])
	otherID := b64([]byte{0, 0, 0, 0, 9, 9})

	cases := []struct{ label, note string }{
		{"good", good},
		{"two known keys", good + witness},
		{"a stranger's signature before", text + "\n" + stranger + log},
		{"a stranger's signature after", good + stranger},
		{"a stranger's signature twice", good + stranger + stranger},
		{"a known signature twice", good + log},
		{"the known name with another id", good + "— " + origin + " " + otherID + "\n"},
		{"the known id under another name", good + strings.Replace(log, origin, "elsewhere", 1)},
		{"sixteen strangers", text + "\n" + strings.Repeat(stranger, 16) + log},
		{"one hundred lines", text + "\n" + strings.Repeat(stranger, 99) + log},
		{"one hundred and one lines", text + "\n" + strings.Repeat(stranger, 100) + log},
		{"only a stranger", text + "\n" + stranger},
		{"no signature", text + "\n"},
		{"no blank line", text + log},
		{"empty", ""},
		{"text alone", text},
		{"no final newline", strings.TrimSuffix(good, "\n")},
		{"a blank line at the end", good + "\n"},
		{"a blank line between signatures", text + "\n" + log + "\n" + witness},
		{"changed text", strings.Replace(good, "\n7\n", "\n8\n", 1)},
		{"a space at the end of the text", strings.Replace(good, "=\n\n", "= \n\n", 1)},
		{"carriage returns", strings.ReplaceAll(good, "\n", "\r\n")},
		{"a tab in the text", strings.Replace(good, "\n7\n", "\n7\t\n", 1)},
		{"a NUL in the text", strings.Replace(good, "\n7\n", "\n7\x00\n", 1)},
		{"not UTF-8 in the text", strings.Replace(good, "\n7\n", "\n7\xff\n", 1)},
		{"not UTF-8 in a stranger's name", good + strings.Replace(stranger, "x", "x\xff", 1)},
		{"hyphen for em dash", strings.Replace(good, "— ", "- ", 1)},
		{"en dash for em dash", strings.Replace(good, "— ", "– ", 1)},
		{"no space after the em dash", strings.Replace(good, "— ", "—", 1)},
		{"two spaces after the em dash", strings.Replace(good, "— ", "—  ", 1)},
		{"two spaces after the name", strings.Replace(good, origin+" ", origin+"  ", 1)},
		{"a space after the signature", strings.Replace(good, sig, sig+" ", 1)},
		{"a stranger's name with plus", good + strings.Replace(stranger, "x", "x+y", 1)},
		{"a stranger's name with a no-break space", good + strings.Replace(stranger, "x", "x\u00a0y", 1)},
		{"a stranger's name with an em space", good + strings.Replace(stranger, "x", "x\u2003y", 1)},
		{"a stranger without a name", good + strings.Replace(stranger, "— x ", "—  ", 1)},
		{"a stranger without a signature", good + "— x\n"},
		{"a stranger with an empty signature", good + "— x \n"},
		{"a stranger with an id alone", good + "— x " + b64([]byte{1, 2, 3, 4}) + "\n"},
		{"a stranger with one byte of signature", good + "— x " + b64([]byte{1, 2, 3, 4, 5}) + "\n"},
		{"a stranger without padding", good + "— x AQIDBAU\n"},
		{"a stranger in the URL alphabet", good + "— x AQIDBA-_\n"},
		{"a stranger with text that is not base64", good + "— x ****\n"},
		{"text that is no signature line", good + "x\n"},
		{"a known signature cut short", text + "\n— " + origin + " " + b64(decode(sig)[:67]) + "\n"},
		{"a known signature too long", text + "\n— " + origin + " " + b64(append(decode(sig), 0)) + "\n"},
		{"a bad signature beside a good one", text + "\n" + log + "— witness.example.org " + b64(append(decode(strings.Fields(witness)[2])[:4], make([]byte, 64)...)) + "\n"},
	}
	var list []object
	for _, c := range cases {
		opened, err := note.Open([]byte(c.note), known)
		entry := object{"label": c.label, "note": b64([]byte(c.note)), "opens": err == nil}
		if err == nil {
			var by []string
			for _, s := range opened.Sigs {
				by = append(by, s.Name)
			}
			entry["text"], entry["signers"] = opened.Text, by
		}
		list = append(list, entry)
	}
	return list
}

func decode(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	check(err)
	return b
}

// memory keeps stored hashes in Go's interleaved order.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var list []tlog.Hash
	for _, i := range indexes {
		list = append(list, m[i])
	}
	return list, nil
}

func (m *memory) append(n int64, data []byte) {
	hashes, err := tlog.StoredHashes(n, data, *m)
	check(err)
	*m = append(*m, hashes...)
}

// grow appends the leaves from n to size.
func (m *memory) grow(n, size int64) int64 {
	for ; n < size; n++ {
		m.append(n, []byte(fmt.Sprintf("entry %d", n)))
	}
	return n
}

func (m memory) root(n int64) tlog.Hash {
	if n == 0 {
		return sha256.Sum256(nil) // RFC 6962, 2.1; this tlog leaves it zero
	}
	root, err := tlog.TreeHash(n, m)
	check(err)
	return root
}

func makeTrees() (roots, levels []object, stored memory) {
	sizes := []int64{254, 255, 256, 257, 511, 512, 513, 4096, 65535, 65536, 65537, 65792, 70000, 100000}
	for n := int64(20); n >= 0; n-- {
		sizes = append([]int64{n}, sizes...)
	}
	n := int64(0)
	for _, size := range sizes {
		n = stored.grow(n, size)
		root := stored.root(size)
		roots = append(roots, object{"size": size, "root": b64(root[:])})
	}
	for _, size := range []int64{1, 255, 256, 257, 65535, 65536, 70000, 100000} {
		for level, count := 0, size; count > 0; level, count = level+1, count/256 {
			digest := sha256.New()
			for tile := int64(0); tile*256 < count; tile++ {
				data, err := tlog.ReadTileData(tlog.Tile{H: 8, L: level, N: tile, W: width(tile, count)}, stored)
				check(err)
				digest.Write(data)
			}
			levels = append(levels, object{"size": size, "level": level, "hashes": count, "file_sha256": hex.EncodeToString(digest.Sum(nil))})
		}
	}
	return roots, levels, stored
}

// width is how many hashes a tile has of a level that has count of them.
func width(tile, count int64) int {
	if count-tile*256 < 256 {
		return int(count - tile*256)
	}
	return 256
}

// c2spPath is Go's path of a tile of height 8 as tlog-tiles writes it.
func c2spPath(t tlog.Tile) string {
	path := strings.Replace(t.Path(), "tile/8/", "tile/", 1)
	return strings.Replace(path, "tile/data/", "tile/entries/", 1)
}

// makeTiles lists all tiles of a few trees, with the digest of their bytes.
func makeTiles(stored memory) []object {
	var list []object
	for _, size := range []int64{1, 2, 255, 256, 257, 70000} {
		var tiles []string
		for level, count := 0, size; count > 0; level, count = level+1, count/256 {
			for n := int64(0); n*256 < count; n++ {
				tile := tlog.Tile{H: 8, L: level, N: n, W: width(n, count)}
				data, err := tlog.ReadTileData(tile, stored)
				check(err)
				digest := sha256.Sum256(data)
				tiles = append(tiles, c2spPath(tile)+" "+b64(digest[:]))
			}
		}
		list = append(list, object{"size": size, "tiles": tiles})
	}
	return list
}

// judgePaths names tiles, and records whether Go takes paths that may not be one.
func judgePaths() object {
	var named []object
	numbers := []int64{0, 1, 9, 10, 99, 100, 272, 273, 999, 1000, 1001, 9999, 10000, 999999, 1000000, 1234067, 999999999, 1000000000, 1<<55 - 1, 1 << 55, 1<<63 - 1}
	for _, number := range numbers {
		for _, level := range []int{-1, 0, 1, 7, 63} {
			for _, width := range []int{1, 17, 112, 255, 256} {
				if level > 0 && width != 17 {
					continue
				}
				tile := tlog.Tile{H: 8, L: level, N: number, W: width}
				named = append(named, object{"level": level, "number": number, "width": width, "path": c2spPath(tile)})
			}
		}
	}
	paths := []string{
		"0/000", "0/000.p/1", "0/000.p/255", "0/999", "0/x001/000", "0/x001/x234/067", "0/x001/x234/067.p/8", "63/000", "entries/000", "entries/x001/000.p/9",
		"0/000.p/0", "0/000.p/256", "0/000.p/257", "0/000.p/512", "0/000.p/01", "0/000.p/+1", "0/000.p/-1", "0/000.p/ 1", "0/000.p/", "0/000.p", "0/000.p/1/", "0/000.p/1.p/1", "0/000.p/65537", "0/000.q/1", "0/000/p/1",
		"", "0", "0/", "/000", "0//000", "0/000/", "0/0", "0/00", "0/0000", "0/1", "0/-01", "0/+01", "0/ 00", "0/00a", "0/0x0", "0/x000", "0/X001/000", "0/x000/000", "0/000/000", "0/001/000", "0/x001/x000", "0/x1/000", "0/x0001/000", "0/xx001/000", "0/x001/x234/x067", "0/001/234/067", "0/1234067", "0/x999",
		"0/x009/x223/x372/x036/x854/x775/807", "0/x009/x223/x372/x036/x854/x775/808.5", "0/x999/x999/x999/x999/x999/x999/x999/999", "0/x001/x000/x000/x000/x000/x000/x000/000",
		"00/000", "01/000", "+1/000", "-1/000", "-0/000", "a/000", "0x0/000", "entries", "entries/", "entries/0", "entries/000.p/0", "entries/000.p/256", "Entries/000", "entry/000", "tile/0/000", "8/0/000",
	}
	verdicts := map[string]bool{}
	for _, path := range paths {
		goPath := "tile/8/" + path
		if strings.HasPrefix(path, "entries/") {
			goPath = "tile/8/data/" + strings.TrimPrefix(path, "entries/")
		}
		_, err := tlog.ParseTilePath(goPath)
		verdicts[path] = err == nil
	}
	return object{"named": named, "judged": verdicts}
}

// makeProofs proves every leaf and every older tree of the small trees, and some of larger
// ones. A proof is one text: the leaf's number or the older tree's size, and the hashes.
func makeProofs(stored memory) []object {
	var sizes []int64
	for n := int64(1); n <= 20; n++ {
		sizes = append(sizes, n)
	}
	sizes = append(sizes, 31, 32, 33, 64, 65, 100, 127, 129, 200, 255, 256, 257, 300, 511, 512, 513, 600, 65535, 65536, 65537, 70000, 999999, 1000000)
	stored.grow(int64(100000), sizes[len(sizes)-1])
	var list []object
	for _, size := range sizes {
		root := stored.root(size)
		power := int64(1)
		for power*2 < size {
			power *= 2
		}
		var inclusion, consistency []string
		for i := int64(0); i < size; i++ {
			if size > 20 && i != 0 && i != size/3 && i != power && i != size-1 {
				continue
			}
			proof, err := tlog.ProveRecord(size, i, stored)
			check(err)
			leaf := tlog.RecordHash([]byte(fmt.Sprintf("entry %d", i)))
			check(tlog.CheckRecord(proof, size, root, i, leaf))
			inclusion = append(inclusion, proofText(i, proof))
		}
		for old := int64(1); old <= size; old++ {
			if size > 20 && old != 1 && old != size/3 && old != power && old != size-1 {
				continue
			}
			proof, err := tlog.ProveTree(size, old, stored)
			check(err)
			check(tlog.CheckTree(proof, size, root, old, stored.root(old)))
			consistency = append(consistency, proofText(old, proof))
		}
		list = append(list, object{"size": size, "root": b64(root[:]), "inclusion": inclusion, "consistency": consistency})
	}
	return list
}

func proofText(number int64, hashes []tlog.Hash) string {
	text := fmt.Sprint(number)
	for _, hash := range hashes {
		text += " " + b64(hash[:])
	}
	return text
}

// makeLog goes the whole way, from events of one group to a signed checkpoint and
// to proofs as texts.
func makeLog(signers map[string]note.Signer) (object, object) {
	const events, organization = 300, "org_7f3k"
	seed := seedOf("a group")
	var stored memory
	var shown, inclusion, consistency []object
	var openings [][]byte
	for i := 0; i < events; i++ {
		id := sha256.Sum256([]byte(fmt.Sprintf("event %d", i)))
		received := int64(1771000000000000) + int64(i)*1000003
		canonical := fmt.Sprintf(`{"action":"guardrail.updated","metadata":{"n":%d}}`, i)

		mac := hmac.New(sha256.New, seed[:])
		mac.Write([]byte(organization))
		mac.Write(id[:16])
		salt := mac.Sum(nil)[:16]
		commitment := sha256.Sum256(append(append([]byte{}, salt...), canonical...))
		var entry bytes.Buffer
		entry.WriteByte(1)
		entry.Write(id[:16])
		check(binary.Write(&entry, binary.LittleEndian, received))
		entry.Write(commitment[:])
		stored.append(int64(i), entry.Bytes())
		openings = append(openings, append(append([]byte{}, entry.Bytes()...), salt...))

		if i < 3 || i == events-1 {
			leaf := tlog.RecordHash(entry.Bytes())
			shown = append(shown, object{
				"index": i, "event_id": hex.EncodeToString(id[:16]), "received_at_micros": received, "canonical": canonical,
				"salt": hex.EncodeToString(salt), "commitment": hex.EncodeToString(commitment[:]),
				"entry": hex.EncodeToString(entry.Bytes()), "leaf_hash": b64(leaf[:]),
			})
		}
	}
	root := stored.root(events)
	text := fmt.Sprintf("%s\n%d\n%s\n", origin, events, b64(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, signers[origin])
	check(err)
	witnessed, err := note.Sign(&note.Note{Text: text}, signers[origin], signers["witness.example.org"])
	check(err)

	// tlog-proof: with and without extra data, and with a second signature.
	for _, c := range []struct {
		index      int64
		extra      []byte
		checkpoint []byte
	}{{0, openings[0], signed}, {2, nil, signed}, {299, openings[299], signed}, {299, openings[299][:57], witnessed}} {
		proof, err := tlog.ProveRecord(events, c.index, stored)
		check(err)
		lines := "c2sp.org/tlog-proof@v1\n"
		if c.extra != nil {
			lines += "extra " + b64(c.extra) + "\n"
		}
		lines += fmt.Sprintf("index %d\n", c.index) + hashLines(proof) + "\n" + string(c.checkpoint)
		inclusion = append(inclusion, object{"index": c.index, "text": lines})
	}
	// The body that tlog-witness takes.
	for _, old := range []int64{0, 1, 100, 256, events} {
		var proof tlog.TreeProof
		if old > 0 {
			proof, err = tlog.ProveTree(events, old, stored)
			check(err)
		}
		root := stored.root(old)
		lines := fmt.Sprintf("old %d\n", old) + hashLines(proof) + "\n" + string(signed)
		consistency = append(consistency, object{"old": old, "old_root": b64(root[:]), "text": lines})
	}
	return object{
			"about":        "Event i has the first 16 bytes of SHA-256(`event <i>`) as id, 1771000000000000 + 1000003·i as received time, and canonical bytes that differ in n = i.",
			"organization": organization, "seed": hex.EncodeToString(seed[:]), "size": events,
			"events": shown, "root": b64(root[:]), "checkpoint": string(signed),
		}, object{
			"about":     "Proofs in the log above, put together as tlog-proof and tlog-witness say.",
			"inclusion": inclusion, "consistency": consistency,
		}
}

func hashLines(hashes []tlog.Hash) string {
	var lines string
	for _, hash := range hashes {
		lines += b64(hash[:]) + "\n"
	}
	return lines
}
